"""What is stored of a secret; the ciphers that open it are in `keyring`, and load slowly."""

from __future__ import annotations

from typing import NamedTuple


class Sealed(NamedTuple):
    """An encrypted text and the name of the key that opens it."""

    key_id: str
    ciphertext: bytes


def foreign_ring(key_ids: set[str]) -> str:
    """Return the sentence about stored secrets that this ring cannot open."""
    return (
        f"stored secrets need key {', '.join(sorted(key_ids))}, which is not in the key ring: "
        "set BRIDGE_KEYS or BRIDGE_KEYS_FILE to the ring that they were stored with"
    )
