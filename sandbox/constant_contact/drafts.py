"""An account to try something on: what is read is copied then, and the account itself stays."""

from __future__ import annotations

from collections.abc import MutableMapping
from copy import deepcopy
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.constant_contact.model import Account, Contact


def draft_of(account: Account) -> Account:
    """Return a copy that costs what is touched, not what is there: contacts are most of it.

    Draws of ids are not copied: an id that was given in the draft is not given again.
    """
    draws, contacts = account.draws, account.contacts
    by_number, by_address = account._by_number, account._by_address  # noqa: SLF001 - its own copy
    memo: dict[int, object] = {
        id(draws): draws,
        id(contacts): _CopiedWhenRead(contacts),
        id(by_number): list(by_number),
        id(by_address): dict(by_address),
    }
    return deepcopy(account, memo)


class _CopiedWhenRead(MutableMapping[str, "Contact"]):
    """The contacts of a draft."""

    def __init__(self, kept: MutableMapping[str, Contact]) -> None:
        self._kept = kept
        self._own: dict[str, Contact] = {}
        self._gone: set[str] = set()

    def __getitem__(self, contact_id: str) -> Contact:
        if contact_id not in self._own:
            if contact_id in self._gone:
                raise KeyError(contact_id)
            self._own[contact_id] = deepcopy(self._kept[contact_id])
        return self._own[contact_id]

    def __setitem__(self, contact_id: str, contact: Contact) -> None:
        self._own[contact_id] = contact

    def __delitem__(self, contact_id: str) -> None:
        self._own.pop(contact_id, None)
        self._gone.add(contact_id)

    def __contains__(self, contact_id: object) -> bool:
        return contact_id in self._own or (
            contact_id in self._kept and contact_id not in self._gone
        )

    def __iter__(self) -> Iterator[str]:
        yield from (each for each in self._kept if each not in self._gone)
        yield from (each for each in self._own if each not in self._kept)

    def __len__(self) -> int:
        return sum(1 for _ in self)
