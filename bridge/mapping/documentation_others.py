"""What client.yaml and interaction.yaml do, in sentences. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.mapping.in_words import listed
from bridge.mapping.steps_in_words import quoted

if TYPE_CHECKING:
    from bridge.mapping.interaction import InteractionFile, InteractionMapping
    from bridge.mapping.names import Names
    from bridge.mapping.schema import ClientFile, JunctionWay

_WAYS = {
    "account": "the contacts whose {client} it is",
    "person_account": "the client itself, where it is a person",
    "relation": "related contacts (AccountContactRelation)",
}
_KINDS = {
    "send": "sent",
    "open": "opened",
    "click": "clicked",
    "bounce": "bounced",
    "optout": "unsubscribed",
    "forward": "forwarded",
}


def client_section(file: ClientFile, names: Names) -> tuple[str, ...]:
    """Return what client.yaml says."""
    ways = "; ".join(_way(way, names) for way in file.ways)
    told = f"To a client ({names.client.object}) belong: {ways}. Who is found twice counts once."
    if not file.fields:
        return (told,)
    return told, f"Its page shows {listed(file.fields)} besides its name."


def _way(way: str | JunctionWay, names: Names) -> str:
    if isinstance(way, str):
        return _WAYS[way].format(client=names.client.object)
    return f"whoever a {way.junction.object} joins to it"


def interaction_section(
    file: InteractionFile, mapping: InteractionMapping, names: Names
) -> tuple[str, ...]:
    """Return what interaction.yaml says."""
    kinds = listed([_KINDS[kind] for kind in file.kinds])
    grain = (
        "one record for each person and mailing, brought up to date with every run"
        if file.grain == "campaign"
        else "one record for each event"
    )
    shared = (
        "one record, for the owner of the address, that names the others"
        if file.shared == "owner"
        else "a record of its own for each of them"
    )
    told = [
        f"What people did with a mailing becomes a {names.interaction.object}: {grain}.",
        f"What counts: {kinds}.",
        f"Where several people use one address, there is {shared}.",
        f"Details hold at most {file.details_max:,} characters, with times of {file.zone}.",
    ]
    if mapping.constants:
        same = listed([f"{name} {quoted(value)}" for name, value in mapping.constants.items()])
        told.append(f"Every new record has {same}.")
    if file.campaign_members:
        told.append("Besides, each mailing is a Salesforce campaign whose members have a status.")
    return tuple(told)
