"""`bridge console link`: the address that logs an administrator in."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from bridge.console import cli

if TYPE_CHECKING:
    from bridge.settings import Settings
    from tests.fix_console import Desk


@pytest.fixture
def settings_read(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    assert settings.database_url is not None
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    return settings


@pytest.mark.usefixtures("settings_read")
def test_the_command_prints_a_link_that_logs_in(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BRIDGE_LISTEN", f"0.0.0.0:{desk.url.rpartition(':')[2]}")
    assert cli.main(["link", "--by", "ann", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["url"].startswith(f"{desk.url}/login/")
    assert answer["lives_s"] == 900
    browser = desk.visitor()
    assert "ann" in browser.press(browser.get(answer["url"]), "Log in").text


@pytest.mark.usefixtures("settings_read")
def test_a_link_names_the_public_address_where_there_is_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BRIDGE_PUBLIC_URL", "https://bridge.example/")
    assert cli.main(["link"]) == 0
    assert capsys.readouterr().out.startswith("https://bridge.example/login/")
