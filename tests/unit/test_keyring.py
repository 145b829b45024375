"""The key ring: where it comes from and what it opens."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.fernet import Fernet

from bridge.connections.keyring import KeyRing, open_keyring
from bridge.errors import ConfigurationError
from bridge.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path


def a_key() -> str:
    return Fernet.generate_key().decode()


def some_settings(tmp_path: Path, **values: Any) -> Settings:
    defaults = {"_env_file": None, "database_url": None, "data_dir": tmp_path / "data"}
    return Settings(**{**defaults, **values})


def test_older_key_still_opens_what_it_encrypted() -> None:
    older, newer = a_key(), a_key()
    sealed = KeyRing([older]).encrypt("a token")
    ring = KeyRing([newer, older])
    assert ring.decrypt(sealed) == "a token"
    assert ring.encrypt("a token").key_id == KeyRing([newer]).key_ids[0]


def test_embedded_installation_makes_a_ring_for_its_owner_only(tmp_path: Path) -> None:
    settings = some_settings(tmp_path)
    sealed = open_keyring(settings).encrypt("a token")
    assert open_keyring(settings).decrypt(sealed) == "a token"
    assert stat.S_IMODE((tmp_path / "data" / "keys").stat().st_mode) == 0o600


def test_processes_that_start_at_once_agree_on_one_ring(tmp_path: Path) -> None:
    settings = some_settings(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        rings = list(pool.map(open_keyring, [settings] * 8))
    assert len({ring.key_ids for ring in rings}) == 1
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["keys"]


def test_ring_comes_from_the_environment(tmp_path: Path) -> None:
    newer, older = a_key(), a_key()
    settings = some_settings(tmp_path, keys=f"{newer}, {older}", database_url="postgresql://x")
    assert open_keyring(settings).key_ids == KeyRing([newer, older]).key_ids


def test_ring_comes_from_a_file(tmp_path: Path) -> None:
    newer, older = a_key(), a_key()
    (tmp_path / "ring").write_text(f"# newest first\n{newer}\n\n{older}\n")
    settings = some_settings(tmp_path, keys_file=tmp_path / "ring")
    assert open_keyring(settings).key_ids == KeyRing([newer, older]).key_ids


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"database_url": "postgresql://x"}, id="a server of its own and no ring"),
        pytest.param({"keys": "s3cret"}, id="not a key"),
        pytest.param({"keys": " , "}, id="empty ring"),
        pytest.param({"keys_file": "/nowhere/ring"}, id="no such file"),
    ],
)
def test_missing_or_broken_rings_stop_the_start_without_being_quoted(
    tmp_path: Path, values: dict[str, Any]
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        open_keyring(some_settings(tmp_path, **values))
    assert "s3cret" not in str(caught.value)
