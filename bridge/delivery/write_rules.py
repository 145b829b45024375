"""What the write rules of a mapping keep as it is there, of what is wanted of a contact. Pure.

Every road asks `written` before it compares or sends anything, so none writes what a rule forbids.
A contact that is yet to be created has nothing to keep: all that is wanted is written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bridge.delivery.merge import changes, spelled, without
from bridge.mapping.targets import BIRTHDAY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bridge.mapping.model import WriteRules
    from bridge.mapping.rules import WriteRule


def written(
    there: Mapping[str, Any] | None,
    wanted: Mapping[str, Any],
    custom_field_ids: Mapping[str, str],
    rules: WriteRules,
) -> Mapping[str, Any]:
    """Return what is wanted of a contact without what the rules keep as it is there.

    Args:
        there: The contact there, a deleted one as well; None: it is to be created.
        wanted: What the mapping makes of the record.
        custom_field_ids: Name -> id of the account's custom fields.
        rules: Part -> rule, of those that are not written always.

    >>> written({"job_title": "Judge"}, {"job_title": "Client"}, {}, {"job_title": "create_only"})
    {}
    """
    fields = kept(there, wanted, custom_field_ids, rules)
    return without(wanted, fields) if fields else wanted


def kept(
    there: Mapping[str, Any] | None,
    wanted: Mapping[str, Any],
    custom_field_ids: Mapping[str, str],
    rules: WriteRules,
) -> dict[str, WriteRule]:
    """Return field -> rule of what differs there and stays so; see `written`.

    >>> kept({"job_title": "Judge"}, {"job_title": None}, {}, {"job_title": "never_clear"})
    {'job_title': 'never_clear'}
    """
    if there is None or not rules:
        return {}
    found = {
        name: rules[name]
        for name, (old, new) in changes(there, wanted, custom_field_ids).items()
        if name in rules and _is_kept(rules[name], old, new)
    }
    if not {*BIRTHDAY}.isdisjoint(found):  # a month of one date and a day of another are none
        found |= {name: rules[name] for name in BIRTHDAY if name in wanted}
    return found


def _is_kept(rule: WriteRule, there: object, wanted: object) -> bool:
    match rule:
        case "create_only":
            return True
        case "if_empty_there":
            return spelled(there) != ""
        case "never_clear":
            return spelled(wanted) == ""
        case "always":
            return False
