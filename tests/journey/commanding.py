"""The command line of a firm's bridge, with its database and keys; no code under test here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cryptography.fernet import Fernet

from bridge.connections.keyring import KeyRing
from bridge.connections.secrets import read_secret, write_secret

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from bridge.connections.secrets import Kind
    from tests.journey.firm import Firm

_KINDS: tuple[Kind, ...] = ("path_secret", "sf_client", "sf_token", "cc_client", "cc_token")


def ring_of_its_own(firm: Firm) -> str:
    """Store the firm's secrets under a new key, and return that."""
    key = Fernet.generate_key().decode()
    bridge = firm.bridge
    with bridge.database.transaction() as tx:
        for kind in _KINDS:
            known = read_secret(tx, bridge.installation.keyring, bridge.connection_id, kind)
            if known is not None:
                write_secret(tx, KeyRing([key]), bridge.connection_id, kind, known.text)
    return key


@pytest.fixture
def commands(
    firm: Firm,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> Callable[..., str]:
    """Run a command of a firm's bridge, and return what it said; its exit code may be named."""
    ring = ring_of_its_own(firm)
    object.__setattr__(firm.bridge.installation, "keyring", KeyRing([ring]))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", firm.bridge.installation.settings.database_url or "")
    monkeypatch.setenv("BRIDGE_KEYS", ring)
    monkeypatch.setenv("BRIDGE_CLOCK", "movable")
    monkeypatch.setenv("BRIDGE_DATA_DIR", str(tmp_path / "data"))

    def run(
        main: Callable[[list[str]], int], arguments: Sequence[str], code: int | None = None
    ) -> str:
        found = main([*arguments])
        printed = capsys.readouterr()
        assert code is None or found == code, printed
        return printed.out + printed.err

    return run
