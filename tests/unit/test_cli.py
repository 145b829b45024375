"""The command line: what is loaded, what is said, which code it exits with."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points
from types import SimpleNamespace

import psycopg
import pytest

from bridge import cli
from bridge.errors import ConfigurationError, RunRefused, Unavailable


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        pytest.param(ConfigurationError("set X"), 2, "set X\n", id="configuration"),
        pytest.param(RunRefused("too many"), 1, "too many\n", id="any other of ours"),
        pytest.param(Unavailable("no answer", system="salesforce"), 5, "no answer\n", id="remote"),
        pytest.param(
            psycopg.OperationalError("refused\nIs it running?"),
            1,
            "the database cannot be used: refused\n",
            id="database",
        ),
        pytest.param(KeyboardInterrupt(), 130, "", id="interrupted"),
        pytest.param(BrokenPipeError(), 1, "", id="the reader has left"),
    ],
)
def test_an_error_becomes_a_sentence_and_an_exit_code(
    error: BaseException,
    code: int,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    def fail(_argv: list[str]) -> int:
        raise error

    monkeypatch.setattr(
        cli, "entry_points", lambda **_: [SimpleNamespace(name="fail", load=lambda: fail)]
    )
    monkeypatch.setattr(sys, "argv", ["bridge", "fail"])
    assert cli.main() == code
    assert capfd.readouterr().err == said


def test_help_lists_every_registered_command() -> None:
    assert set(cli.COMMANDS) == {entry.name for entry in entry_points(group="bridge.commands")}


def test_a_misspelt_command_names_the_nearest(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["bridge", "mappin"])
    assert cli.main() == 2
    assert "did you mean `bridge mapping`?" in capsys.readouterr().err


def test_help_loads_no_command_and_no_large_library() -> None:
    program = (
        "import sys; sys.argv = ['bridge', '--help']; import bridge.cli; bridge.cli.main();"
        "print(sorted({'psycopg', 'pydantic', 'requests', 'starlette'} & set(sys.modules)))"
    )
    result = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    assert result.stdout.endswith("[]\n")
