"""*In words*: what the mapping in force does, for whoever reads no YAML."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bridge.mapping.cli import main
from bridge.mapping.versions import activate
from tests.console.people import a_contact, mapped
from tests.unit.mapping_builders import contact_yaml, files_with

if TYPE_CHECKING:
    import pytest

    from bridge.settings import Settings
    from tests.fix_console import Desk


def three_versions(desk: Desk) -> None:
    """Put three texts to work; the rule of the first name stays, that of the job title does not."""
    mapped(desk)
    with desk.database.transaction() as tx:
        for title in ("Department", "Title"):
            text = contact_yaml(f"first_name: FirstName\njob_title: {title}")
            activate(tx, desk.firm, files_with(contact=text), by="ada")


def test_the_page_says_what_each_rule_does_and_since_when(desk: Desk) -> None:
    three_versions(desk)
    page = desk.log_in("viewer").get("/mappings/docs")
    assert page.status == 200
    assert "People are matched by their address, Email." in page.text
    assert re.search(r"First name.*FirstName\..*version 2, \d{4}-\d\d-\d\d", page.text)
    assert re.search(r"Job title.*Title\..*version 3, ", page.text)
    assert "In words" in desk.log_in("viewer").get("/mappings").text


def test_the_command_tells_what_is_in_force_and_a_person_s_values_if_asked(
    desk: Desk,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    three_versions(desk)
    ann = a_contact(desk, 1, FirstName="Ann")
    monkeypatch.setenv("DATABASE_URL", str(settings.database_url))
    assert main(["docs", "--connection", "firm"]) == 0
    plain = capsys.readouterr().out
    assert "What is in force for firm: version 3, by the names of profile practifi." in plain
    assert "Ann" not in plain
    assert main(["docs", "--connection", "firm", "--sample", ann]) == 0
    assert "| Ann |" in capsys.readouterr().out
