"""Fields that flap: shown with both who write them, paused, and written again by a word."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.console.past import flaps, pauses

if TYPE_CHECKING:
    from tests.fix_console import Desk

ANN = "ann@example.org"


def test_a_field_that_flaps_is_shown_with_both_writers(desk: Desk) -> None:
    flaps(desk)
    seen = desk.log_in("operator").get("/problems")
    assert f"{ANN} firm job title Chef written " in seen.text
    assert "; saved in Practifi by 005Olive Cook" in seen.text
    assert "2 times Written on" in seen.text
    assert "last name" not in seen.text
    assert "Write again" not in seen.links


def test_a_paused_field_says_so_beside_both_writers(desk: Desk) -> None:
    flaps(desk)
    pauses(desk)
    seen = desk.log_in("operator").get("/problems")
    assert seen.text.count(f"{ANN} firm job title Chef written ") == 1
    assert "saved in Practifi by 005Olive Cook 3 times Paused since " in seen.text


def test_a_paused_field_is_written_again_by_a_word(desk: Desk) -> None:
    pauses(desk)
    desk.rows(
        "INSERT INTO work (connection_id, kind, key, lane, done, wanted, due_at)"
        " VALUES (%(firm)s, 'address', %(ann)s, 3, 1, 1, app_now())",
        ann=ANN,
    )
    browser = desk.log_in("operator")
    ask = browser.get(browser.get("/problems").links["Write again"])
    assert f"job title of {ANN}: Cook → Chef" in ask.text
    assert ask.links["Leave it paused"] == "/problems#flapping"
    seen = browser.press(ask, "Write again")
    assert "It is written again, at once and from now on." in seen.text
    assert "Flapping" not in seen.text
    assert desk.rows("SELECT FROM flapping_field") == []
    assert desk.rows("SELECT lane, wanted FROM work") == [{"lane": 1, "wanted": 2}]
    assert desk.woken == ["deliver"]
    assert browser.press(ask, "Write again").status == 404


def test_what_is_paused_elsewhere_is_nobody_s_to_let_go(desk: Desk) -> None:
    pauses(desk, at=desk.other)
    path = f"/problems/write-again?connection=other&who={ANN}&field=job_title"
    assert desk.log_in("admin").get(path).status == 404
    assert desk.log_in("auditor").get(path).status == 403
    assert desk.log_in("admin", at=desk.other).get(path).status == 200


def test_what_flaps_is_shown_to_nobody_who_may_not_see_people_or_is_of_another_organization(
    desk: Desk,
) -> None:
    flaps(desk)
    pauses(desk)
    assert ANN not in desk.log_in("viewer").get("/problems").text
    assert ANN not in desk.log_in("admin", at=desk.other).get("/problems").text
