"""List views over what the bridge writes back. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.delivery.status import NOT_SENT, UNSUBSCRIBED
from bridge.salesforce.package.fields import is_ours
from bridge.salesforce.package.model import Part
from bridge.salesforce.package.xml import ordered

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.mapping.names import Names

_TICKED = "Do Not Email is ticked"
"""How the reason of a contact begins whose box is ticked."""

_OF_A_CONTACT = ("FULL_NAME", "ACCOUNT.NAME", "CONTACT.EMAIL")
_BOUNCED = "bounced"


def list_views(names: Names) -> Iterator[Part]:
    """Yield the list views that an organization can have."""
    contact, membership, interaction = names.contact, names.membership, names.interaction
    if contact.object == "Contact" and contact.status and contact.status_reason:
        columns = (*_OF_A_CONTACT, contact.status_reason)
        yield _view(
            "Contact.CC_Bridge_Unsubscribed_There",
            "Unsubscribed there, Do Not Email not ticked",
            (*columns, *filter(None, (contact.status_since,))),
            (
                (contact.status, "equals", UNSUBSCRIBED),
                (contact.status_reason, "notContain", _TICKED),
            ),
        )
        yield _view(
            "Contact.CC_Bridge_Not_Sent",
            "Not sent, by reason",
            (contact.status_reason, *_OF_A_CONTACT),
            ((contact.status, "equals", NOT_SENT),),
        )
    if membership.object.endswith("__c") and membership.status and membership.status_reason:
        yield _view(
            f"{membership.object}.CC_Bridge_Not_Sent",
            "Not sent, by reason",
            (membership.status_reason, "NAME", membership.contact, membership.list),
            ((membership.status, "equals", NOT_SENT),),
        )
    if has_bounces(names) and interaction.subject:
        shown = (interaction.subject, interaction.contact, interaction.when, interaction.client)
        yield _view(
            f"{interaction.object}.CC_Bridge_Bounced",
            "Bounced",
            tuple(filter(None, shown)),
            (
                (interaction.subject, "startsWith", "Constant Contact: "),
                (interaction.subject, "contains", _BOUNCED),
            ),
        )


def has_bounces(names: Names) -> bool:
    """Tell whether a list view of what has bounced can be deployed: of tasks and events it cannot.

    Their list views are no parts of an object.
    """
    interaction = names.interaction
    return interaction.object.endswith("__c") and is_ours(interaction.external_id)


def by_hand(names: Names) -> Iterator[str]:
    """Yield the list views that an administrator makes, because no package can hold them."""
    subject = names.interaction.subject
    if not has_bounces(names) and subject:
        yield (
            f"Make a list view Bounced of {names.interaction.object}: {subject} starts with "
            f"'Constant Contact: ' and contains '{_BOUNCED}'."
        )


def _view(
    full_name: str,
    label: str,
    columns: tuple[str, ...],
    filters: tuple[tuple[str, str, str], ...],
) -> Part:
    body = ordered(
        *(("columns", column) for column in columns),
        ("filterScope", "Everything"),
        *(
            ("filters", (("field", field), ("operation", operation), ("value", value)))
            for field, operation, value in filters
        ),
        ("label", label),
    )
    return Part(kind="ListView", full_name=full_name, why=f"list view: {label}", body=body)
