"""The shape of names.yaml, and how a profile and the overrides of a connection become `Names`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any, Literal, get_args, get_type_hints

from pydantic import Field, ValidationError, create_model

from bridge.mapping import names
from bridge.mapping.faults import explained
from bridge.mapping.rules import ApiName, Namespace, Strict
from bridge.mapping.yaml_tree import Tree, nearest

Profile = Literal["practifi", "bridge", "plain"]
PROFILES: tuple[Profile, ...] = get_args(Profile)

_PARTS: dict[str, type[Any]] = {
    "client": names.ClientNames,
    "contact": names.ContactNames,
    "list": names.ListNames,
    "membership": names.MembershipNames,
    "interaction": names.InteractionNames,
    "campaign": names.CampaignNames,
}
_MAY_BE_MISSING = frozenset({"campaign"})
"""Parts that versions of names.yaml which are in force may not have yet."""


def _model_of(part: type[Any]) -> type[Strict]:
    """Return the schema of a dataclass of names, which stays the one place of its fields."""
    api_names = {str: ApiName, str | None: ApiName | None}
    hints = get_type_hints(part)
    shape: dict[str, Any] = {
        entry.name: (
            api_names.get(hints[entry.name], hints[entry.name]),
            ... if entry.default is MISSING else entry.default,
        )
        for entry in fields(part)
    }
    return create_model(part.__name__, __base__=Strict, __doc__=part.__doc__, **shape)


_SHAPE: dict[str, Any] = {
    part: (model, Field(default_factory=model) if part in _MAY_BE_MISSING else ...)
    for part, model in ((part, _model_of(cls)) for part, cls in _PARTS.items())
}
_Profile = create_model(
    "ProfileNames",
    __base__=Strict,
    __doc__="The names of one profile.",
    namespace=(Namespace, ...),
    **_SHAPE,
)


class NamesFile(Strict):
    """names.yaml: the Salesforce names of what the bridge works with, by profile."""

    profiles: dict[Profile, _Profile]


class UnusableNames(ValueError):
    """The names of a connection cannot be used; the message lists every fault, one a line."""


def read_names(data: Any, profile: str, overrides: Mapping[str, object]) -> names.Names:
    """Return the names of a connection.

    Args:
        data: What names.yaml holds, already found to have the right shape.
        profile: One of its profiles.
        overrides: Names that differ in this organization: `{"contact": {"email": "Work_Email__c"}}`
            or `{"contact.email": …}`; None for a field that it lacks. A `namespace` replaces that
            of the profile in all names.

    Raises:
        UnusableNames: If there is no such profile, or an override fits nothing.
    """
    known = data["profiles"]
    if profile not in known:
        raise UnusableNames(f"no profile {profile}{nearest(profile, list(known))}")
    chosen = _overridden(known[profile], overrides)
    try:
        _Profile.model_validate(chosen)
    except ValidationError as error:
        faults = explained(Tree(data=chosen), _Profile, error)
        raise UnusableNames(
            "\n".join(f"names of this connection: {cause}" for _, cause in faults)
        ) from None
    return names.Names(
        profile=profile,
        namespace=chosen["namespace"],
        **{part: cls(**chosen.get(part, {})) for part, cls in _PARTS.items()},
    )


def _overridden(profile: Mapping[str, Any], overrides: Mapping[str, object]) -> dict[str, Any]:
    chosen: dict[str, Any] = {
        part: dict(given) if isinstance(given, Mapping) else given
        for part, given in profile.items()
    }
    old, new = chosen["namespace"], overrides.get("namespace")
    if old and isinstance(new, str):
        for part in _PARTS.keys() & chosen.keys():
            chosen[part] = {
                key: new + name[len(old) :] if str(name).startswith(old) else name
                for key, name in chosen[part].items()
            }
    for key, value in overrides.items():
        part, _, entry = key.partition(".")
        if entry:
            chosen.setdefault(part, {})[entry] = value
        elif isinstance(value, Mapping):
            chosen.setdefault(part, {}).update(value)
        else:
            chosen[key] = value
    return chosen
