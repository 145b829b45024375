"""How much of Salesforce's data storage a plan takes. Pure.

Salesforce counts a record by what it is, not by what it holds: "Salesforce record size overview"
in its help. Storage is bought by the year, and Interactions are records that nobody deletes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_KB_A_RECORD: Mapping[str, int] = {
    "create_interaction": 2,
    "create_campaign": 8,
    "add_campaign_member": 1,
}
_MILLION = 1_000_000


def new_records(kinds: Mapping[str, int]) -> int:
    """Return how many records that count for storage steps create.

    Args:
        kinds: Kind of step -> how many.
    """
    return sum(kinds.get(kind, 0) for kind in _KB_A_RECORD)


def with_members(kinds: Mapping[str, int]) -> Mapping[str, int]:
    """Return the kinds with the campaign members that follow from new Interactions, one each."""
    return {**kinds, "add_campaign_member": kinds.get("create_interaction", 0)}


def storage_words(kinds: Mapping[str, int]) -> str:
    """Return what the records take, for people.

    >>> storage_words({"create_interaction": 1_200_000})
    '1.2 million new records, about 2.4 GB of Salesforce data storage at 2 KB an Interaction'
    >>> storage_words({"create_interaction": 60_000})
    '60,000 new records, about 120 MB of Salesforce data storage at 2 KB an Interaction'
    >>> storage_words(with_members({"create_interaction": 60_000})).partition(", ")[2][:12]
    'about 180 MB'
    """
    size_kb = sum(size * kinds.get(kind, 0) for kind, size in _KB_A_RECORD.items())
    words = (
        f"{_count(new_records(kinds))} new records, about {_size(size_kb)} of Salesforce data "
        f"storage at {_KB_A_RECORD['create_interaction']} KB an Interaction"
    )
    if kinds.get("add_campaign_member"):
        words += f" and {_KB_A_RECORD['add_campaign_member']} KB a campaign member"
    return words


def _count(number: int) -> str:
    return f"{number / _MILLION:.1f} million" if number >= _MILLION else f"{number:,}"


def _size(size_kb: int) -> str:
    gb = size_kb / _MILLION
    return f"{gb:.1f} GB" if gb >= 1 else f"{1000 * gb:.0f} MB"
