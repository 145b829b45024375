"""`bridge init`: what it writes, what it leaves alone, and that it asks nobody who is not there."""

from __future__ import annotations

import io
import json
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bridge.errors import ConfigurationError
from bridge.mapping.compiled import load_mapping, read_files
from bridge.settings import Settings, read_settings
from bridge.setup import init_cli
from bridge.setup.packs import pack_names, read_pack

if TYPE_CHECKING:
    from collections.abc import Callable

ENV = Path(".env")


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty folder, and no variable that says anything already."""
    monkeypatch.chdir(tmp_path)
    for name in init_cli._SETTABLE:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TZ", "Europe/Berlin")


@pytest.fixture
def init(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., dict[str, Any]]:
    """Run the command and return what it printed as JSON."""

    def run(*arguments: str, stdin: str = "", terminal: bool = False) -> dict[str, Any]:
        source = io.StringIO(stdin)
        source.isatty = lambda: terminal  # type: ignore[method-assign]
        monkeypatch.setattr("sys.stdin", source)
        assert init_cli.main([*arguments, "--json"]) == 0
        told: dict[str, Any] = json.loads(capsys.readouterr().out)
        return told

    return run


def outcomes(told: dict[str, Any]) -> dict[str, str]:
    return {Path(one["file"]).name: one["outcome"] for one in told["files"]}


def test_a_new_installation_gets_settings_and_mappings(init: Callable[..., dict[str, Any]]) -> None:
    told = init("--pack", "practifi")
    assert (told["changed"], told["next"]) == (True, "bridge up")
    assert set(outcomes(told).values()) == {"written"}
    assert stat.S_IMODE(ENV.stat().st_mode) == 0o600
    settings = read_settings()
    assert (settings.profile, settings.zone) == ("practifi", "Europe/Berlin")
    assert (settings.database_url, settings.keys) == (None, None)
    load_mapping(read_files(settings.mappings), profile="practifi", overrides={})


def test_a_second_run_changes_nothing_and_says_so(init: Callable[..., dict[str, Any]]) -> None:
    init("--zone", "America/New_York")
    before = {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}
    told = init()
    assert (told["changed"], set(outcomes(told).values())) == (False, {"same"})
    assert {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()} == before


def test_what_a_person_edited_is_kept_and_told(init: Callable[..., dict[str, Any]]) -> None:
    ENV.write_text("# ours\nexport BRIDGE_LISTEN='0.0.0.0:80'  # public\n")
    ENV.chmod(0o644)
    init()
    Path("mappings/list.yaml").write_text("source: list\n")
    told = init("--listen", "127.0.0.1:1")
    kept = {
        Path(one["file"]).name: one["says"] for one in told["files"] if one["outcome"] == "kept"
    }
    assert kept[".env"] == "BRIDGE_LISTEN is 0.0.0.0:80 there, not 127.0.0.1:1"
    assert "differs from the pack's" in kept["list.yaml"]
    assert ENV.read_text().startswith("# ours\nexport BRIDGE_LISTEN='0.0.0.0:80'  # public\n\n#")
    assert Path("mappings/list.yaml").read_text() == "source: list\n"
    assert stat.S_IMODE(ENV.stat().st_mode) == 0o600


def test_settings_that_others_could_read_are_closed(init: Callable[..., dict[str, Any]]) -> None:
    init()
    ENV.chmod(0o644)
    told = init()
    assert outcomes(told)[".env"] == "added to"
    assert stat.S_IMODE(ENV.stat().st_mode) == 0o600


def test_a_server_of_one_s_own_brings_a_key_ring_along(init: Callable[..., dict[str, Any]]) -> None:
    init("--database-url", "-", stdin="postgresql://me:it's # secret@db/bridge\n")
    settings = read_settings()
    assert settings.database_url == "postgresql://me:it's # secret@db/bridge"
    assert settings.keys is not None
    ring = settings.keys
    told = init("--database-url", "-", stdin="postgresql://me:xyzzy@db/bridge\n")
    assert read_settings().keys == ring
    assert "xyzzy" not in json.dumps(told)
    assert "secret" not in json.dumps(told)


def test_somebody_at_a_terminal_is_asked(init: Callable[..., dict[str, Any]]) -> None:
    init(stdin="bridge\n\n0.0.0.0:8080\nhttps://cc.example.com\n\n", terminal=True)
    settings = read_settings()
    assert (settings.profile, settings.listen) == ("bridge", "0.0.0.0:8080")
    assert (settings.public_url, settings.zone) == ("https://cc.example.com", "Europe/Berlin")


def test_the_defaults_are_taken_unasked(init: Callable[..., dict[str, Any]]) -> None:
    init("--yes", stdin="never read", terminal=True)
    assert read_settings().listen == "127.0.0.1:8080"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--zone", "Mars/Olympus"], "no time zone"),
        (["--database-url", "postgresql://me:secret@db/x"], "holds a password"),
        (["--database-url", "postgresql:///${HOME}"], "cannot stand in .env"),
    ],
)
def test_what_cannot_be_used_is_not_written(arguments: list[str], says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        init_cli.main(arguments)
    assert not ENV.exists()


def test_a_folder_that_cannot_be_written_is_named() -> None:
    Path("mappings").write_text("a file")
    with pytest.raises(ConfigurationError, match="mappings"):
        init_cli.main(["--yes"])


@pytest.mark.parametrize("name", pack_names())
def test_the_mappings_of_a_pack_are_sound(name: str) -> None:
    pack = read_pack(name)
    files = {file: text for file, text in pack.files.items() if file.endswith(".yaml")}
    profile = Settings(profile=pack.profile).profile
    assert profile is not None
    load_mapping(files, profile=profile, overrides={})


def test_a_pack_that_is_not_there_is_named() -> None:
    with pytest.raises(ConfigurationError, match="there are: bridge, nonprofit, plain, practifi"):
        read_pack("wealth")
