"""Tokens and limits of the Constant Contact stand-in."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import requests

    from tests.fix_sandbox import RunningSandbox

DAY_S = 86_400


def refresh(sandbox: RunningSandbox, token: str, *, in_query: bool = False) -> requests.Response:
    login = sandbox.line["constant_contact"]
    form = {"grant_type": "refresh_token", "refresh_token": token}
    return sandbox.session.post(
        f"{sandbox.line['constant_contact_auth_url']}/oauth2/default/v1/token",
        data=None if in_query else form,
        params=form if in_query else None,
        auth=(login["client_id"], login["client_secret"]),
        timeout=10,
    )


def status_of(sandbox: RunningSandbox, token: str) -> int:
    return sandbox.session.get(
        f"{sandbox.line['constant_contact_url']}/account/summary",
        headers={"Authorization": f"Bearer {token}"},
        timeout=10,
    ).status_code


@pytest.fixture
def unlimited(sandbox: RunningSandbox) -> RunningSandbox:
    sandbox.lift_limits()
    return sandbox


@pytest.mark.rule("cc-oauth-parameters-anywhere", "cc-oauth-token-form")
@pytest.mark.parametrize("in_query", [False, True], ids=["form", "query"])
def test_a_refresh_answers_a_new_pair(unlimited: RunningSandbox, *, in_query: bool) -> None:
    old = unlimited.line["constant_contact"]["refresh_token"]
    answer = refresh(unlimited, old, in_query=in_query)
    assert answer.status_code == 200
    pair = answer.json()
    assert pair["refresh_token"] != old
    assert len(pair["refresh_token"]) < 50
    assert 1000 <= len(pair["access_token"]) <= 1200
    assert (pair["token_type"], pair["expires_in"]) == ("Bearer", DAY_S)
    assert status_of(unlimited, pair["access_token"]) == 200


@pytest.mark.rule("cc-oauth-refresh-rotating", "cc-oauth-refresh-refused")
def test_a_superseded_refresh_token_is_refused_and_the_newest_pair_lives(
    unlimited: RunningSandbox,
) -> None:
    old = unlimited.line["constant_contact"]["refresh_token"]
    pair = refresh(unlimited, old).json()
    again = refresh(unlimited, old)
    assert again.status_code == 400
    assert again.json() == {
        "error": "invalid_grant",
        "error_description": "The refresh token is invalid or expired.",
    }
    assert refresh(unlimited, pair["refresh_token"]).status_code == 200


def test_a_switch_lets_a_reused_token_end_the_newest_pair(unlimited: RunningSandbox) -> None:
    unlimited.control("PUT", "/constant-contact/policy", {"reuse_revokes_all": True})
    old = unlimited.line["constant_contact"]["refresh_token"]
    pair = refresh(unlimited, old).json()
    refresh(unlimited, old)
    assert refresh(unlimited, pair["refresh_token"]).status_code == 400
    assert status_of(unlimited, pair["access_token"]) == 401


@pytest.mark.rule("cc-oauth-refresh-long-lived")
def test_long_lived_refresh_tokens_stay_the_same(unlimited: RunningSandbox) -> None:
    unlimited.control("PUT", "/constant-contact/policy", {"refresh_tokens": "long_lived"})
    token = unlimited.line["constant_contact"]["refresh_token"]
    assert refresh(unlimited, token).json()["refresh_token"] == token
    assert refresh(unlimited, token).status_code == 200


@pytest.mark.rule("cc-error-bare-401", "cc-bearer-token")
def test_an_access_token_ends_after_a_day_and_the_observers_does_not(
    unlimited: RunningSandbox,
) -> None:
    token = unlimited.line["constant_contact"]["access_token"]
    assert status_of(unlimited, token) == 200
    unlimited.advance(DAY_S)
    answer = unlimited.constant_contact("GET", "/account/summary", by="bridge")
    assert answer.status_code == 401
    assert answer.json() == {"error_key": "unauthorized", "error_message": "Unauthorized"}
    assert status_of(unlimited, unlimited.line["observer"]["constant_contact_access_token"]) == 200


@pytest.mark.rule("cc-oauth-refresh-unused")
def test_a_refresh_token_unused_for_180_days_is_dead(unlimited: RunningSandbox) -> None:
    unlimited.advance(181 * DAY_S)
    token = unlimited.line["constant_contact"]["refresh_token"]
    assert refresh(unlimited, token).json()["error"] == "invalid_grant"


def test_a_wrong_secret_is_refused_in_the_words_of_oauth(unlimited: RunningSandbox) -> None:
    answer = unlimited.session.post(
        f"{unlimited.line['constant_contact_auth_url']}/oauth2/default/v1/token",
        data={"grant_type": "refresh_token", "refresh_token": "x"},
        auth=(unlimited.line["constant_contact"]["client_id"], "wrong"),
        timeout=10,
    )
    assert answer.status_code == 401
    assert answer.json()["error"] == "invalid_client"


def test_one_of_many_refreshes_with_one_token_wins(unlimited: RunningSandbox) -> None:
    token = unlimited.line["constant_contact"]["refresh_token"]
    with ThreadPoolExecutor(8) as pool:
        statuses = [
            answer.status_code for answer in pool.map(lambda _: refresh(unlimited, token), range(8))
        ]
    assert sorted(statuses) == [200] + [400] * 7


@pytest.mark.rule("cc-limit-second", "cc-limit-no-headers")
def test_a_fifth_call_in_a_second_is_throttled_and_a_pause_helps(sandbox: RunningSandbox) -> None:
    answers = [sandbox.constant_contact("GET", "/account/summary", by="bridge") for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 4 + [429] * 2
    assert answers[-1].json() == {"error_key": "throttled", "error_message": "Too Many Requests"}
    assert "retry-after" not in answers[-1].headers
    sandbox.advance(1)
    again = sandbox.constant_contact("GET", "/account/summary", by="bridge")
    assert again.status_code == 200


@pytest.mark.rule("cc-limit-application")
def test_the_observer_spends_nothing_of_the_bridges_allowance(sandbox: RunningSandbox) -> None:
    for _ in range(6):
        assert sandbox.constant_contact("GET", "/account/summary").status_code == 200
    usage = sandbox.control("GET", "/constant-contact/limits")["usage"]
    assert (usage["bridge"]["used_today"], usage["observer"]["used_today"]) == (0, 6)


@pytest.mark.rule("cc-limit-day", "cc-limit-refused-count")
def test_the_day_ends_with_its_last_call_and_begins_at_midnight(sandbox: RunningSandbox) -> None:
    sandbox.control(
        "PUT", "/constant-contact/limits", {"per_day": 3, "per_second": 100, "window_s": 1}
    )
    answers = [sandbox.constant_contact("GET", "/account/summary", by="bridge") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200] * 3 + [429] * 2
    assert answers[-1].json() == {
        "error_key": "quota_exceeded",
        "error_message": "Limit Exceeded",
    }
    usage = sandbox.control("GET", "/constant-contact/limits")["usage"]
    assert usage["bridge"] == {"used_today": 5, "refused_today": 2}
    sandbox.advance(DAY_S - time.time() % DAY_S)
    refreshed = refresh(sandbox, sandbox.line["constant_contact"]["refresh_token"]).json()
    assert status_of(sandbox, refreshed["access_token"]) == 200


def test_a_head_has_the_answer_of_a_get_without_its_body(unlimited: RunningSandbox) -> None:
    answer = unlimited.constant_contact("HEAD", "/contacts")
    assert (answer.status_code, answer.content) == (200, b"")


def test_simultaneous_creations_of_one_address_make_one_contact(
    unlimited: RunningSandbox,
) -> None:
    body: dict[str, Any] = {
        "email_address": {"address": "race@example.org"},
        "create_source": "Account",
    }
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda _: unlimited.constant_contact("POST", "/contacts", body), range(16))
        )
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 15
