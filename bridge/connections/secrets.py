"""Stored secrets: encrypted rows of the table `credential`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from bridge.connections.sealed import Sealed, foreign_ring
from bridge.db.queries import load_queries
from bridge.errors import ConfigurationError

if TYPE_CHECKING:
    import psycopg

    from bridge.connections.keyring import KeyRing

Kind: TypeAlias = Literal["path_secret", "cc_token", "cc_client", "sf_token", "sf_client", "sf_key"]

_SQL = load_queries("bridge.connections")


class Secret(NamedTuple):
    """A decrypted secret as it was at the time of reading.

    Attributes:
        version: Raised by each replacement: a refresher sees that another was first.
        is_fresh: More than the asked margin is left, as far as its end is known.
    """

    text: str
    version: int
    is_fresh: bool

    def __repr__(self) -> str:
        return f"Secret(version={self.version}, is_fresh={self.is_fresh})"


def read_secret(
    tx: psycopg.Connection[Any],
    keyring: KeyRing,
    connection_id: int,
    kind: Kind,
    *,
    margin_s: float = 0,
    lock: bool = False,
) -> Secret | None:
    """Return a stored secret, or None where there is none.

    It is fresh where more than `margin_s` seconds are left of it. With `lock` the row is held
    until the transaction ends: one refresher at a time.

    Raises:
        ConfigurationError: If the key ring does not open it.
    """
    row = tx.execute(
        _SQL["lock_secret" if lock else "read_secret"],
        {"connection_id": connection_id, "kind": kind, "margin_s": margin_s},
    ).fetchone()
    if row is None:
        return None
    key_id, ciphertext, version, is_fresh = row
    return Secret(keyring.decrypt(Sealed(key_id, ciphertext)), version, is_fresh)


def write_secret(
    tx: psycopg.Connection[Any],
    keyring: KeyRing,
    connection_id: int,
    kind: Kind,
    text: str,
    *,
    slot: int = 0,
    lives_s: float | None = None,
) -> None:
    """Store a secret encrypted, in place of the one before.

    It ends after `lives_s` seconds, or nobody says when.
    """
    sealed = keyring.encrypt(text)
    tx.execute(
        _SQL["write_secret"],
        {
            "connection_id": connection_id,
            "kind": kind,
            "slot": slot,
            "key_id": sealed.key_id,
            "ciphertext": sealed.ciphertext,
            "lives_s": lives_s,
        },
    )


def drop_secret(tx: psycopg.Connection[Any], connection_id: int, kind: Kind) -> None:
    """Forget a secret."""
    tx.execute(_SQL["drop_secret"], {"connection_id": connection_id, "kind": kind})


def refuse_foreign_ring(tx: psycopg.Connection[Any], keyring: KeyRing) -> None:
    """Check at start that this ring opens every stored secret.

    Raises:
        ConfigurationError: If a secret was stored with a key that the ring lacks.
    """
    unknown = {key_id for (key_id,) in tx.execute(_SQL["key_ids"])} - set(keyring.key_ids)
    if unknown:
        raise ConfigurationError(foreign_ring(unknown))
