"""The pages of the console in Chromium: for everybody, at every width, without and with scripts."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bridge.console.pages.new_connection import Offer
from bridge.first_day.gather import keep as keep_first_day
from bridge.mapping.versions import activate
from tests.console.client_rows import a_client
from tests.console.engaged import ANN, BOB, CLIENT, LINK, Firm, mailing_id
from tests.console.past import a_plan, a_run, a_step, arrived, flaps, pauses
from tests.console.people import a_contact, a_list, lets_see, mapped, there, unresolved
from tests.console.test_audit import EMAIL, aged, outstanding, says, went
from tests.console.typing_in import keep
from tests.unit.first_day_builders import believable as first_day_found
from tests.unit.mapping_builders import contact_yaml, files_with

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.console.browsing import Browser
    from tests.fix_console import Desk

AXE = Path(__file__).with_name("axe.js").read_text(encoding="utf-8")
WIDTHS = (320, 640, 768, 1920)  # 640 is a window of 1,280 at 200 %


def believable(desk: Desk) -> list[str]:
    """Return the addresses of all pages of a firm that has a past."""
    a_run(desk, job="lists", origin="schedule")
    a_run(desk, job="activities", origin="schedule", state="failed", reason="no answer")
    a_run(desk, job="lists", state="reading", held=True, progress={"what": "reading", "done": 700})
    run = a_run(desk, state="waiting", reason="2 removals")
    steps = [
        a_step("ann@example.org"),
        a_step("bob@example.org", kind="unsubscribe", permission=["implicit", "unsubscribed"]),
        a_step(f"{'long' * 12}@example.org", list_memberships=[["a"], []]),
    ]
    a_plan(desk, run, steps, by_sign={"change": 1, "remove": 1, "opt-out": 1})
    one = arrived(desk)
    applied = a_run(desk)
    a_plan(desk, applied, state="done")
    flaps(desk)
    pauses(desk, "bob@example.org")
    arrived(desk, 2, state="working", people=["bob@example.org"])
    tried(desk)
    older, later = stale(desk)
    client = a_household(desk)
    went(desk, says(desk, ANN, EMAIL), "sent", "confirmed")
    late = says(desk, ANN, EMAIL, change="unticked")
    went(desk, late, "sent")
    aged(desk, late, "5 days")
    outstanding(desk, due="-1 days")
    matter, kept = writing(desk)
    with desk.database.transaction() as tx:
        keep_first_day(tx, desk.firm, first_day_found(), by="ann")
    desk.rows(
        """
        WITH made AS (INSERT INTO api_application (client_id) VALUES ('key') RETURNING id)
        UPDATE connection
        SET api_application_id = (SELECT id FROM made), state = 'active'
        WHERE id = %(firm)s
        """
    )
    return [
        "/", "/first-day", "/runs", f"/runs/{run}", f"/runs/{run}/approve", f"/runs/{run}/discard",
        f"/runs/{applied}", f"/runs/{applied}/undo", f"/runs/{later}/against/{older}",
        "/unresolved", f"/unresolved/{matter}", f"/unresolved/{matter}/choose?contact={kept}",
        "/unresolved/rule?owner=oldest", "/mappings/contact.yaml?who=Moran", "/mappings/names.yaml",
        "/mappings/review", "/mappings/docs", "/mappings/history", "/mappings/versions/1",
        "/problems", "/inbox", f"/inbox/firm/{one}", "/inbox/firm/04l000000000002AAA",
        "/problems/write-again?connection=firm&who=bob@example.org&field=job_title",
        "/nothing/here",
        f"/clients/{client}/interactions", f"/clients/{client}/interactions?form=all",
        f"/contacts/{ANN}/interactions", f"/contacts/{ANN}/interactions/{mailing_id(1)}",
        "/audit?period=all", "/audit/chain", "/audit/evidence",
        "/explain", f"/explain?q=run:{run}", "/explain?q=what", f"/explain?q={one}",
        "/settings/resync", "/settings/connections", "/settings/allowance", "/settings/schedule",
        "/settings/policies", "/settings/access",
        *a_client(desk),
    ]  # fmt: skip


def tried(desk: Desk) -> None:
    """Let what Bob's notification asks for have failed twice."""
    desk.rows(
        """
        INSERT INTO work (connection_id, kind, key, lane, due_at, attempts, failed_at)
        VALUES (%(firm)s, 'address', 'bob@example.org', 2, app_now() + interval '8 minutes', 2,
          app_now())
        """
    )


def stale(desk: Desk) -> tuple[int, int]:
    """Return a plan whose place a newer one took, with its refused steps, and the later run."""

    def letter(after: int) -> list[dict[str, Any]]:
        return [{"of": "list", "id": "l", "name": "Newsletter", "before": 1204, "after": after}]

    who = ["ann@example.org", "bob@example.org"]
    older = a_plan(
        desk, a_run(desk), [*map(a_step, who)], state="discarded", before_after=letter(1210)
    )
    run = a_run(desk, state="waiting")
    a_plan(
        desk,
        run,
        [a_step(who[0], last_name=["Old", "Newer"]), a_step("cy@example.org")],
        before_after=letter(1208),
    )
    desk.rows(
        """
        UPDATE step
        SET state = 'refused', finished_at = app_now(), outcome = 'changed since it was planned',
          answer = '{"now": []}'
        WHERE plan_id = %(older)s
        """,
        older=older,
    )
    return older, run


def writing(desk: Desk) -> tuple[int, str]:
    """Return a matter that waits and whom one may choose; somebody is writing a mapping."""
    mapped(desk)
    letter = a_list(desk)
    ann, ben = a_contact(desk, 701, on=letter), a_contact(desk, 702, on=letter, FirstName="Ben")
    there(desk, ann, ben, on=letter, first_name="Ann", last_name="Moran")
    with desk.database.transaction() as tx:
        activate(tx, desk.firm, files_with(contact=contact_yaml("first_name: FirstName")), by="ada")
    return unresolved(desk, "shared_address", "home@example.org", ann, ben), ben


def an_admin(desk: Desk) -> Browser:
    """Return the browser of an administrator who sees everybody and is writing a mapping."""
    browser = desk.log_in("admin")
    lets_see(desk, *[row["sf_id"] for row in desk.rows("SELECT sf_id FROM practifi_record")])
    keep(browser, "contact.yaml", contact_yaml("first_name: {from: LastName, transform: [upper]}"))
    keep(
        browser,
        "names.yaml",
        files_with()["names.yaml"].replace("do_not_email: ", "do_not_email: Other__c #", 1),
    )
    return browser


def a_household(desk: Desk) -> str:
    """Return a client whose people got mailings, and whom the first who logs in may read."""
    firm = Firm(desk)
    firm.setup()
    letter = firm.mailing(1, "Market letter")
    firm.engaged(letter, 1, "send", "open", "click", "optout", link_url=LINK)
    firm.engaged(letter, 2, "send", "bounce", sf_id=BOB, bounce_code="F")
    firm.engaged(firm.mailing(9, f"A {'very ' * 9}long name of a campaign"), 1, "send", "open")
    firm.shares(1, BOB)
    firm.may_read(CLIENT, ANN, BOB)
    return CLIENT


def faults_of(page: Any) -> list[str]:
    page.evaluate(AXE)
    found = page.evaluate("async () => (await axe.run()).violations")
    return [
        f"{page.url}: {one['id']}: {node['html'][:200]} {node['failureSummary'][:300]}"
        for one in found
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_keeps_people_out_of_any_page(
    desk: Desk, opened: Callable[..., Any], scheme: str
) -> None:
    paths = believable(desk)
    page = opened(an_admin(desk), color_scheme=scheme)
    faults = []
    for path in paths:
        if path == "/nothing/here":
            continue
        page.goto(path)
        faults += faults_of(page)
    assert faults == []


def test_nothing_keeps_people_out_before_they_are_in(
    desk: Desk, opened: Callable[..., Any]
) -> None:
    page = opened(desk.visitor())
    faults = []
    for path in ("/login", desk.link()):
        page.goto(path)
        faults += faults_of(page)
    assert faults == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 768, 1920])
def test_nothing_keeps_people_out_of_starting_a_connection(
    desk: Desk, opened: Callable[..., Any], width: int, scheme: str
) -> None:
    admin = desk.log_in("admin")
    (person,) = desk.rows("SELECT id FROM console_person")
    offer = Offer(
        person_id=person["id"],
        connection_id=desk.firm,
        account_id="a07other",
        account_name="Harbour Lane Wealth and Partners",
        refresh_token="refresh",
        scopes=None,
        ends_at=32_503_680_000.0,
    )
    sealed = desk.keyring.encrypt(json.dumps(asdict(offer)))
    admin.session.cookies.set("bridge-account", sealed.ciphertext.decode())
    page = opened(admin, viewport={"width": width, "height": 800}, color_scheme=scheme)
    page.goto("/settings/connections/new")
    assert page.get_by_label("Name of the new connection").input_value().startswith("harbour-lane")
    assert faults_of(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", WIDTHS)
def test_no_page_is_wider_than_the_window(
    desk: Desk, opened: Callable[..., Any], width: int
) -> None:
    paths = believable(desk)
    page = opened(an_admin(desk), viewport={"width": width, "height": 800})
    too_wide = []
    for path in paths:
        if path == "/nothing/here":
            continue
        page.goto(path)
        if page.evaluate("document.documentElement.scrollWidth") > width:
            too_wide.append(path)
    assert too_wide == []


def test_a_link_logs_in_and_the_keyboard_leads_through(
    desk: Desk, opened: Callable[..., Any]
) -> None:
    page = opened(desk.visitor())
    page.goto(desk.link())
    page.get_by_role("button", name="Log in").press("Enter")
    page.wait_for_url("**/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to main content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_a_run_is_followed_without_loading_the_page_again(
    desk: Desk, opened: Callable[..., Any]
) -> None:
    run = a_run(desk, state="reading", held=True, progress={"what": "reading", "done": 700})
    page = opened(desk.log_in("viewer"))
    page.goto(f"/runs/{run}")
    assert page.get_by_role("status").get_by_text("Reading (page 2)").is_visible()
    page.evaluate("window.isSame = true")
    desk.rows("UPDATE run SET state = 'planning' WHERE id = %(id)s", id=run)
    page.get_by_role("status").get_by_text("Comparing").wait_for(timeout=15_000)
    assert page.evaluate("window.isSame") is True


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_a_plan_is_approved_and_a_job_started(
    desk: Desk, opened: Callable[..., Any], *, scripts: bool
) -> None:
    run = a_run(desk, job="lists", mode="plan")
    a_plan(desk, run)
    page = opened(desk.log_in("admin"), java_script_enabled=scripts)
    page.goto(f"/runs/{run}")
    page.get_by_label("Step 1: change ann@example.org").check()
    page.get_by_role("button", name="Approve ticked").click()
    page.get_by_role("button", name="Approve 1 step").click()
    assert page.get_by_text("Approved. It is carried out in the background.").is_visible()
    page.goto("/settings/resync")
    page.get_by_role("button", name="Preview Constant Contact Contacts").click()
    assert page.get_by_text("Started. This page follows it.").is_visible()


def test_unsaved_policies_are_not_left_unasked(desk: Desk, opened: Callable[..., Any]) -> None:
    page = opened(desk.log_in("admin"))
    asked: list[str] = []

    def leave(dialog: Any) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", leave)
    page.goto("/settings/policies")
    page.locator("#mass_limit").fill("7")
    page.get_by_role("link", name="Home").click()
    page.wait_for_url("**/")
    assert asked == ["beforeunload"]
