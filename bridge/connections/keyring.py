"""The key ring: what stored tokens and path secrets are encrypted with."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
from typing import TYPE_CHECKING

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from bridge.connections.sealed import Sealed, foreign_ring
from bridge.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from bridge.settings import Settings

_HOW_TO_MAKE_ONE = (
    'python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"'
)


class KeyRing:
    """Fernet keys, newest first: the first encrypts, each decrypts what it encrypted once.

    A key's id is a digest of it, so that a ciphertext names its key without telling it.

    >>> ring = KeyRing([Fernet.generate_key().decode()])
    >>> ring.decrypt(ring.encrypt("a token"))
    'a token'
    """

    def __init__(self, keys: Sequence[str]) -> None:
        if not keys:
            raise ConfigurationError(f"the key ring is empty; make a key: {_HOW_TO_MAKE_ONE}")
        try:
            self._ring = MultiFernet([Fernet(key) for key in keys])
        except ValueError:  # its message may quote the key
            raise ConfigurationError(
                "the key ring holds something that is no Fernet key (44 characters of URL-safe "
                f"base64); make one: {_HOW_TO_MAKE_ONE}"
            ) from None
        self.key_ids = tuple(
            hashlib.sha256(b"bridge key id\0" + key.encode()).hexdigest()[:16] for key in keys
        )

    def encrypt(self, text: str) -> Sealed:
        """Return the text encrypted with the newest key."""
        return Sealed(self.key_ids[0], self._ring.encrypt(text.encode()))

    def decrypt(self, sealed: Sealed) -> str:
        """Return the text of a ciphertext.

        Raises:
            ConfigurationError: If no key of this ring opens it.
        """
        try:
            return self._ring.decrypt(sealed.ciphertext).decode()
        except InvalidToken:
            raise ConfigurationError(foreign_ring({sealed.key_id})) from None


def open_keyring(settings: Settings) -> KeyRing:
    """Return the key ring of this installation.

    It comes from `BRIDGE_KEYS`, else from `BRIDGE_KEYS_FILE`. With the embedded database, whose
    data lie on the same disk anyway, a ring is made at the first use and kept beside it.

    Raises:
        ConfigurationError: If there is no ring, or it cannot be read.
    """
    return KeyRing(read_ring(settings))


def read_ring(settings: Settings) -> list[str]:
    """Return the keys of the ring themselves, newest first, as `open_keyring` finds them.

    Raises:
        ConfigurationError: As `open_keyring`.
    """
    if settings.keys is not None:
        return _keys_of(settings.keys.get_secret_value().replace(",", "\n"))
    if settings.keys_file is not None:
        return _keys_of(_read(settings.keys_file))
    if settings.database_url is not None:
        raise ConfigurationError(
            "with DATABASE_URL, set BRIDGE_KEYS or BRIDGE_KEYS_FILE: stored tokens are encrypted "
            f"with it, and every process needs the same ring; make a key: {_HOW_TO_MAKE_ONE}"
        )
    path = ring_path(settings)
    if not path.exists():
        keep_ring(path, Fernet.generate_key().decode())
    return _keys_of(_read(path))


def ring_path(settings: Settings) -> Path:
    """Return where the ring of an embedded database is, unless the settings name another."""
    return settings.data_dir / "keys"


def _keys_of(text: str) -> list[str]:
    lines = (line.strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a text file"
        raise ConfigurationError(f"the key ring {path} cannot be read: {reason}") from None


def keep_ring(path: Path, ring: str) -> None:
    """Write a ring to `path`, readable by its owner only; one that is there already stays.

    As root the file goes to the owner of the folder, who may run the bridge the next time.

    Raises:
        ConfigurationError: If it cannot be written.
    """
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        owner = path.parent.stat()
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(f"{ring}\n".encode("ascii"))
                file.flush()
                os.fsync(descriptor)
                if os.geteuid() == 0:
                    os.fchown(descriptor, owner.st_uid, owner.st_gid)
            with contextlib.suppress(FileExistsError):
                os.link(draft, path)
        finally:
            draft.unlink()
    except OSError as error:
        raise ConfigurationError(
            f"no key ring can be made at {path}: {error.strerror}; "
            "set BRIDGE_DATA_DIR, or BRIDGE_KEYS_FILE"
        ) from error
