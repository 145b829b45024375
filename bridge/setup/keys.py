"""The key of assertions while it waits to be known in Salesforce: two files beside the database.

Until a login with it has succeeded, the private key lies in a file that its owner alone may read;
then it is stored encrypted and the file is removed. The certificate stays: it is no secret.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from bridge.errors import ConfigurationError
from bridge.salesforce.assertion import KeyPair, make_key_pair

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path


class Draft(NamedTuple):
    """A key pair, and its files.

    Attributes:
        key_file: Of one that is new; None: the key is stored already.
    """

    key_pair: KeyPair
    certificate_file: Path
    key_file: Path | None = None

    def settle(self) -> None:
        """Remove the private key, for it is stored now; the certificate is the one in use."""
        if self.key_file is not None:
            self.key_file.unlink(missing_ok=True)
            self.certificate_file.replace(self.certificate_file.with_suffix("").with_suffix(".crt"))


def stored(folder: Path, name: str, key_pair: KeyPair) -> Draft:
    """Return a key pair that is in use, with its certificate written where it can be uploaded.

    Raises:
        ConfigurationError: If the file cannot be written.
    """
    certificate_file = folder / f"salesforce-{name}.crt"
    _write(certificate_file, key_pair.certificate, 0o644)
    return Draft(key_pair, certificate_file)


def draft(folder: Path, name: str, at: datetime) -> Draft:
    """Return the key pair that waits for its first login, made where there is none.

    Raises:
        ConfigurationError: If the files cannot be written or read.
    """
    key_file = folder / f"salesforce-{name}.new.key"
    certificate_file = key_file.with_suffix(".crt")
    try:
        pair = KeyPair(
            key_file.read_text(encoding="ascii"), certificate_file.read_text(encoding="ascii")
        )
    except FileNotFoundError:
        pair = make_key_pair(name, at)
        _write(certificate_file, pair.certificate, 0o644)
        _write(key_file, pair.private_key, 0o600)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"the key {key_file} cannot be read: {error}") from None
    return Draft(pair, certificate_file, key_file)


def _write(path: Path, text: str, mode: int) -> None:
    """Write a file whole, with these rights from its first byte on; as root for the folder's owner.

    Raises:
        ConfigurationError: If it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(text)
            if os.geteuid() == 0:
                owner = path.parent.stat()
                os.fchown(descriptor, owner.st_uid, owner.st_gid)
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written: {error.strerror}") from None
