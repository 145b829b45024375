"""The firm that the demo ends on: the printed link opens the console, and the pages show it."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import threading
from typing import IO, TYPE_CHECKING, cast
from urllib.parse import urlsplit

import pytest

from tests.console.browsing import Browser
from tests.journey.demo import BRIDGE, environment

if TYPE_CHECKING:
    from collections.abc import Iterator

DEADLINE_S = 300


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Somebody who has followed the link of a demo without its story."""
    env = environment(tmp_path_factory.mktemp("demo"))
    command = [BRIDGE, "demo", "--firm", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env) as demo:  # noqa: S603
        too_slow = threading.Timer(DEADLINE_S, demo.kill)
        too_slow.start()
        try:
            link = urlsplit(json.loads(cast("IO[str]", demo.stdout).readline())["console"])
            browser = Browser(f"{link.scheme}://{link.netloc}")
            browser.press(browser.get(link.path), "Log in")
            yield browser
        finally:
            too_slow.cancel()
            demo.send_signal(signal.SIGINT)


def test_the_link_opens_a_firm_with_a_month_of_nights_and_a_plan_that_waits(
    reader: Browser,
) -> None:
    home = reader.get("/")
    assert home.status == 200
    assert home.text.count(", all done") >= 26
    assert len(re.findall("runs failed|waited or were stopped", home.text)) == 2
    assert re.search(r"plan \d+ of contacts waits for a person", home.text)
    assert {"Decide on the plan", "Run 1"} & set(home.links)


def test_the_plan_takes_off_whom_an_import_there_has_put_on_lists(reader: Browser) -> None:
    (run,) = (
        path
        for name, path in reader.get("/runs?state=waiting").links.items()
        if name.startswith("Run ")
    )
    seen = reader.get(run)
    assert "Stopped by guard:" in seen.text
    assert "on a list there that Practifi never had them on" in seen.text
    assert re.search(r"Invitations \d+ -> \d+; Market notes \d+ -> \d+", seen.text)


def test_problems_have_several_causes_and_a_field_flaps(reader: Browser) -> None:
    seen = reader.get("/problems")
    causes = ("conversion-error:HomePhone", "conversion-error:MobilePhone", "record-refused:name")
    assert sum(cause in seen.text for cause in causes) >= 2
    assert "ngozi.okafor@example.org" in seen.text.partition("Flapping")[2]
    assert "Architect (ret.)" in seen.text


def test_mailings_and_opt_outs_have_come_home(reader: Browser) -> None:
    client = reader.get("/clients?q=Tanaka").links["Tanaka Household"]
    seen = reader.get(f"{client.partition('/memberships')[0]}/interactions")
    assert "Winter letter" in seen.text
    runs = reader.get("/runs?job=activities&state=done")
    assert re.search(r"Plan: \d\d to add, 0 to change", runs.text)
    assert "foreign memberships ask → remove" in reader.get("/settings/policies").text
