"""interaction.yaml: what it says, and what is wrong with it."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import dedent
from zoneinfo import ZoneInfo

import pytest

from bridge.errors import MappingError
from bridge.mapping.compiled import load_mapping
from bridge.mapping.interaction import EVENT_KINDS, InteractionMapping
from bridge.mapping.profiles import PROFILES
from tests.unit.mapping_builders import files_with

GUIDE = Path(__file__).parents[2] / "docs" / "mapping.md"
HEAD = "source: interaction\n"


def interaction(
    text: str | None, profile: str = "practifi", overrides: dict[str, object] | None = None
) -> InteractionMapping:
    files = files_with()
    del files["interaction.yaml"]
    if text is not None:
        files["interaction.yaml"] = text
    return load_mapping(files, profile=profile, overrides=overrides or {}).interaction


@pytest.mark.parametrize("profile", PROFILES)
def test_without_the_file_what_ships_holds(profile: str) -> None:
    shipped = files_with()["interaction.yaml"]
    assert interaction(None, profile) == interaction(shipped, profile) == interaction(HEAD, profile)


def test_the_guide_shows_what_ships() -> None:
    guide = GUIDE.read_text("utf-8")
    (example,) = re.findall(r"```\n(source: interaction\n.*?)```", guide, re.DOTALL)
    assert interaction(example) == interaction(None)


def test_the_defaults_are_one_record_a_contact_and_mailing() -> None:
    rules = interaction(None)
    assert (rules.grain, rules.shared, rules.kinds) == ("campaign", "owner", EVENT_KINDS)
    assert (rules.zone, rules.details_max) == (ZoneInfo("UTC"), 32_000)
    assert rules.constants == {
        "practifi__Direction_Picklist__c": "Outbound",
        "practifi__Method_Picklist__c": "Email",
    }


def test_constants_are_those_of_the_kind_of_record_that_is_written() -> None:
    assert interaction(None, "plain").constants == {"Status": "Completed", "TaskSubtype": "Email"}
    text = f"{HEAD}fields: {{task: {{IsReminderSet: false, CallDurationInSeconds: 15}}}}\n"
    assert interaction(text, "plain").constants == {
        "IsReminderSet": False,
        "CallDurationInSeconds": 15,
    }


@pytest.mark.parametrize(
    ("namespace", "expected"),
    [("cloupra__", "cloupra__Method_Picklist__c"), ("", "Method_Picklist__c")],
)
def test_another_namespace_is_put_into_the_constants(namespace: str, expected: str) -> None:
    constants = interaction(None, overrides={"namespace": namespace}).constants
    assert constants[expected] == "Email"
    assert not any(name.startswith("practifi__") for name in constants)


def test_kinds_have_one_order() -> None:
    assert interaction(f"{HEAD}kinds: [click, send]\n").kinds == ("send", "click")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        pytest.param("grain: month", "2:8: grain: 'month' is none of them", id="grain"),
        pytest.param("shared: all", "2:9: shared: 'all' is none of them", id="shared"),
        pytest.param("kinds: [open, clik]", "(did you mean click?)", id="kind"),
        pytest.param("kinds: [open, open]", "2:15: `open` stands here twice", id="kind twice"),
        pytest.param("kinds: []", "at least 1 are needed", id="no kind"),
        pytest.param("zone: Sydney", "2:7: no time zone Sydney", id="zone"),
        pytest.param("details_max: 10", "at least 1000 is expected", id="too few characters"),
        pytest.param("fields: {task: {'A b': 1}}", "API name", id="no API name"),
        pytest.param("fields: {taks: {}}", "unknown key `taks` (did you mean task?)", id="record"),
        pytest.param("gain: event", "unknown key `gain` (did you mean grain?)", id="key"),
    ],
)
def test_a_fault_is_told_with_its_place(text: str, fault: str) -> None:
    with pytest.raises(MappingError, match=re.escape(fault)) as raised:
        interaction(f"{HEAD}{dedent(text)}\n")
    assert all(each.startswith("interaction.yaml:2:") for each in raised.value.faults)
