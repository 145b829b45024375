"""Read what somebody pasted: addresses and Ids of Salesforce, however they are set apart. Pure."""

from __future__ import annotations

import re
from typing import NamedTuple

from bridge.identity import email_key, is_salesforce_id, salesforce_id

_APART = re.compile(r"[\s,;<>\"'()\[\]]+")
_CONTACT = "003"


class Pasted(NamedTuple):
    """What was pasted.

    Attributes:
        addresses: Keys of addresses.
        ids: 18-character Ids of contacts.
        strange: How many words were neither, names beside an address not counted.
    """

    addresses: list[str]
    ids: list[str]
    strange: int


def read_pasted(text: str) -> Pasted:
    r"""Return the addresses and contact Ids in a text, each once, in their order.

    A line that has an address or Id may hold anything else beside it, as when it was copied from a
    spreadsheet or an e-mail; a line that has neither counts as strange.

    >>> read_pasted("Ada <ada@Example.org>; 0035g00000QrStU\nnobody")
    Pasted(addresses=['ada@example.org'], ids=['0035g00000QrStUAAV'], strange=1)
    """
    addresses: dict[str, None] = {}
    ids: dict[str, None] = {}
    strange = 0
    for line in text.splitlines():
        has_one = False
        for word in filter(None, _APART.split(line)):
            key = email_key(word)
            if key is not None:
                addresses[key] = None
                has_one = True
            elif word.startswith(_CONTACT) and is_salesforce_id(word):
                ids[salesforce_id(word)] = None
                has_one = True
        strange += bool(line.strip()) and not has_one
    return Pasted(list(addresses), list(ids), strange)
