"""Where alerts go: what a chat tool and a mail server get, and what is said when they do not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr

from bridge.alerts.model import Message
from bridge.alerts.outlets import NotTaken, Outlet, open_outlets
from bridge.errors import ConfigurationError
from bridge.settings import Settings
from tests.outlets import mail_server, web_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.outlets import Mails, Posts

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
CAME = Message(
    alert_id=7,
    outlet="webhook",
    news="came",
    cause="run_failed",
    connection="firm",
    about="contacts",
    says="run 3 of contacts failed: <b> ada@example.org is refused",
    what_to_do="`bridge runs show 3`",
    came_at=AT,
)
CLEARED = replace(CAME, news="cleared", ended_at=datetime(2026, 3, 1, 13, tzinfo=UTC))


@pytest.fixture
def posts() -> Iterator[Posts]:
    with web_server() as posts:
        yield posts


@pytest.fixture
def mails() -> Iterator[Mails]:
    with mail_server() as mails:
        yield mails


def given(**values: Any) -> Settings:
    return Settings(**{"_env_file": None, "http_timeout_s": 5, **values})


def webhook(posts: Posts) -> Outlet:
    (outlet,) = open_outlets(given(alert_webhook=SecretStr(posts.url)))
    return outlet


def mail(mails: Mails, to: str = "ops@example.com, boss@example.com") -> Outlet:
    url = SecretStr(f"smtp://127.0.0.1:{mails.port}")
    (outlet,) = open_outlets(given(alert_mail=url, alert_from="b@example.com", alert_to=to))
    return outlet


def test_a_chat_tool_gets_a_text_and_nothing_else(posts: Posts) -> None:
    webhook(posts).send(CAME)
    assert posts.bodies == [
        {
            "text": "ALERT firm: run failed (contacts)\n"
            "run 3 of contacts failed: \u2039b\u203a (address) is refused\n"
            "What to do: `bridge runs show 3`\n"
            "Since 2026-03-01 12:00 UTC."
        }
    ]


def test_programs_read_the_cause_from_the_headers(posts: Posts) -> None:
    webhook(posts).send(CLEARED)
    (headers,) = posts.headers
    assert {name: value for name, value in headers.items() if name.startswith("X-Bridge")} == {
        "X-Bridge-Alert": "7",
        "X-Bridge-News": "cleared",
        "X-Bridge-Cause": "run_failed",
        "X-Bridge-Connection": "firm",
        "X-Bridge-About": "contacts",
    }
    assert "from 2026-03-01 12:00 UTC to 2026-03-01 13:00 UTC" in posts.bodies[0]["text"]


@pytest.mark.parametrize(
    ("status", "why"),
    [(302, "answered with a redirect"), (404, "answered 404"), (500, "answered 500")],
)
def test_only_2xx_says_that_a_message_was_taken(posts: Posts, status: int, why: str) -> None:
    posts.status = status
    with pytest.raises(NotTaken, match=f"^{why}"):
        webhook(posts).send(CAME)
    assert len(posts.bodies) == 1


def test_an_error_does_not_show_the_address_of_a_webhook(posts: Posts) -> None:
    outlet = webhook(replace(posts, url="http://127.0.0.1:1/secret-of-the-hook"))
    with pytest.raises(NotTaken) as caught:
        outlet.send(CAME)
    assert str(caught.value) == "no answer: ConnectionError"


def test_a_mail_says_the_same_and_can_be_told_apart(mails: Mails) -> None:
    for message in (CAME, CLEARED):
        mail(mails).send(message)
    came, cleared = mails.texts
    assert "Subject: Bridge: ALERT firm: run failed (contacts)" in came
    assert "Message-ID: <bridge-7-came-1772366400@example.com>" in came
    assert "Message-ID: <bridge-7-cleared-1772366400@example.com>" in cleared
    assert "ada@example.org" not in came
    assert mails.recipients == ["ops@example.com", "boss@example.com"] * 2


def test_whoever_takes_a_mail_does_not_get_it_again_for_one_who_does_not(mails: Mails) -> None:
    mails.refused = ("boss@example.com",)
    mail(mails).send(CAME)
    assert mails.recipients == ["ops@example.com"]


def test_a_mail_that_nobody_takes_was_not_taken(mails: Mails) -> None:
    mails.refused = ("ops@example.com", "boss@example.com")
    with pytest.raises(NotTaken, match=r"^no mail was taken: SMTPRecipientsRefused$"):
        mail(mails).send(CAME)


def test_a_mail_server_that_is_away_is_said_by_kind(mails: Mails) -> None:
    with pytest.raises(NotTaken, match=r"^no mail was taken: ConnectionRefusedError$"):
        mail(replace(mails, port=1)).send(CAME)


@pytest.mark.parametrize(
    ("values", "names"),
    [
        ({"alert_webhook": SecretStr("http://chat.example.com/x")}, "BRIDGE_ALERT_WEBHOOK"),
        ({"alert_webhook": SecretStr("chat")}, "BRIDGE_ALERT_WEBHOOK"),
        ({"alert_webhook": SecretStr("https://[chat")}, "BRIDGE_ALERT_WEBHOOK"),
        ({"alert_mail": SecretStr("http://mail"), "alert_from": "a", "alert_to": "b"}, "_MAIL"),
        ({"alert_mail": SecretStr("smtp://mail:x"), "alert_from": "a", "alert_to": "b"}, "_MAIL"),
        ({"alert_mail": SecretStr("smtp://mail")}, "BRIDGE_ALERT_TO"),
    ],
)
def test_an_address_that_cannot_be_used_is_named(values: dict[str, Any], names: str) -> None:
    with pytest.raises(ConfigurationError, match=names):
        open_outlets(given(**values))


def test_a_mail_server_elsewhere_is_used_with_tls_and_its_login() -> None:
    url = SecretStr("smtps://bridge:p%40ss@mail.example.com")
    (outlet,) = open_outlets(given(alert_mail=url, alert_from="b@example.com", alert_to="o@x.org"))
    assert (outlet.port, outlet.is_tls_from_start) == (465, True)  # type: ignore[attr-defined]
    assert outlet.password == "p@ss"  # type: ignore[attr-defined]
