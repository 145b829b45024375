"""Fields that flap: shown with both who write them, to whoever may see people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.console.past import a_plan, a_run, a_step

if TYPE_CHECKING:
    from tests.fix_console import Desk

ANN = "ann@example.org"


def flaps(desk: Desk) -> int:
    """Let the bridge have set a title twice, and a run find it changed again; return its plan."""
    plan = 0
    for _ in range(2):
        plan = a_plan(desk, a_run(desk), [a_step(ANN, job_title=["Cook", "Chef"])], state="done")
    desk.rows("UPDATE step SET state = 'confirmed', finished_at = app_now() RETURNING 1")
    desk.rows(
        """
        INSERT INTO practifi_record
          (connection_id, kind, sf_id, email_key, modified_by, fields, source, seen_at)
        VALUES (%(firm)s, 'contact', '0035g00000AnnAAAAZ', %(who)s, '005Olive', '{}', 'read',
          app_now())
        """,
        who=ANN,
    )
    desk.rows(
        """
        WITH score AS (
          INSERT INTO integrity_score (connection_id, run_id, job, taken_at, linked, agreeing)
          VALUES (%(firm)s, %(run)s, 'contacts', app_now(), 1, 0)
          RETURNING connection_id, run_id)
        INSERT INTO integrity_difference
        SELECT connection_id, run_id, 'contact', '0035g00000AnnAAAAZ', 'changed_there',
          '{job_title,last_name}', '{job_title}'
        FROM score
        """,
        run=a_run(desk),
    )
    return plan


def test_a_field_that_flaps_is_shown_with_both_writers(desk: Desk) -> None:
    plan = flaps(desk)
    seen = desk.log_in("operator").get("/problems")
    assert f"{ANN} firm job title Chef plan {plan}," in seen.text
    assert "saved in Practifi by 005Olive Cook" in seen.text
    assert "2 times" in seen.text
    assert "last name" not in seen.text


def test_what_flaps_is_shown_to_nobody_who_may_not_see_people_or_is_of_another_organization(
    desk: Desk,
) -> None:
    flaps(desk)
    assert ANN not in desk.log_in("viewer").get("/problems").text
    assert ANN not in desk.log_in("admin", at=desk.other).get("/problems").text
