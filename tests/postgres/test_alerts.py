"""Alerts: each cause is told once when it comes and once when it clears, whatever happens."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cryptography.fernet import Fernet

from bridge.alerts.changes import LASTS
from bridge.alerts.watch import look, tell
from bridge.clock import advance, set_clock
from bridge.connections.keyring import KeyRing
from bridge.connections.secrets import write_secret
from bridge.db.database import open_database
from bridge.status.alarms import alarms
from bridge.status.gather import read_screen
from tests.outlets import Ear
from tests.postgres.alert_scenes import SCENES

if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.alerts.model import Message
    from bridge.db.database import Database
    from bridge.settings import Settings


class Watch:
    """Somebody who looks three times a minute."""

    def __init__(self, database: Database, settings: Settings, *ears: Ear) -> None:
        self.database = database
        self.settings = settings
        self.ears = ears

    def act(self, statement: str) -> None:
        with self.database.transaction() as tx:
            tx.execute(statement)

    def wait(self, seconds: float) -> None:
        with self.database.transaction() as tx:
            advance(tx, seconds)

    def look(self) -> None:
        look(self.database, self.settings, self.ears)
        tell(self.database, self.ears)

    def news(self) -> list[tuple[str, str]]:
        """Look until what changed has lasted, and return what the first ear was told."""
        for _ in range(3):
            self.look()
            self.wait(LASTS.total_seconds() + 1)
        return self.ears[0].news()


@pytest.fixture
def keyring() -> KeyRing:
    return KeyRing([Fernet.generate_key().decode()])


@pytest.fixture
def watching(database: Database, settings: Settings, keyring: KeyRing) -> Callable[..., Watch]:
    """A firm where all is well, whose time can be moved, and who looks at it."""
    settings = settings.model_copy(
        update={"broker_url": "redis://nowhere", "public_url": "https://bridge.example.org"}
    )
    with database.transaction() as tx:
        set_clock(tx, movable=True)
        tx.execute("INSERT INTO connection (name, state) VALUES ('firm', 'active')")
        tx.execute(
            "INSERT INTO mapping_version SELECT id, 1, '', '{}', app_now(), 'a test', app_now(), "
            "'a test', true FROM connection"
        )
        (row,) = tx.execute("SELECT id FROM connection").fetchall()
        write_secret(tx, keyring, row[0], "cc_token", "a pair of tokens")
    return lambda *ears: Watch(database, settings, *(ears or (Ear(),)))


@pytest.mark.parametrize("cause", SCENES)
def test_a_cause_is_told_once_when_it_comes_and_once_when_it_clears(
    watching: Callable[..., Watch], cause: str
) -> None:
    firm = watching()
    comes, clears = SCENES[cause]
    assert firm.news() == []
    firm.act(comes)
    assert firm.news() == [("came", cause)]
    assert firm.news() == []
    firm.act(clears)
    assert firm.news() == [("cleared", cause)]
    assert firm.news() == []


def test_a_process_that_starts_again_repeats_nothing_and_forgets_nothing(
    watching: Callable[..., Watch], settings: Settings
) -> None:
    firm = watching()
    firm.act(SCENES["run_failed"][0])
    firm.look()
    firm.wait(61)
    firm.look()
    assert firm.ears[0].news() == [("came", "run_failed")]
    later = Watch(open_database(settings, size=2), firm.settings, firm.ears[0])
    assert later.news() == []
    later.act(SCENES["run_failed"][1])
    assert later.news() == [("cleared", "run_failed")]
    later.database.close()


def test_two_processes_tell_a_thing_once(
    watching: Callable[..., Watch], settings: Settings
) -> None:
    first = watching()
    second = Watch(open_database(settings, size=2), first.settings, first.ears[0])
    first.act(SCENES["run_failed"][0])
    for firm in (first, second) * 4:
        firm.look()
        firm.wait(31)
    assert first.ears[0].news() == [("came", "run_failed")]
    second.database.close()


def test_an_outlet_that_is_away_hears_everything_in_order_once_it_is_back(
    watching: Callable[..., Watch],
) -> None:
    ear = Ear(refuses="answered 503")
    firm = watching(ear)
    firm.act(SCENES["run_failed"][0])
    firm.news()
    firm.act(SCENES["run_failed"][1])
    assert firm.news() == []
    ear.refuses = None
    firm.wait(3_600)
    assert firm.news() == [("came", "run_failed"), ("cleared", "run_failed")]


def test_a_sender_that_dies_on_the_way_is_made_up_for(watching: Callable[..., Watch]) -> None:
    class Dying(Ear):
        def send(self, message: Message) -> None:
            raise KeyboardInterrupt(message.cause)

    firm = watching(Dying())
    firm.act(SCENES["run_failed"][0])
    with pytest.raises(KeyboardInterrupt):
        firm.news()
    firm.ears = (Ear(),)
    assert firm.news() == [("came", "run_failed")]


def test_status_shows_that_alerts_are_not_taken_and_the_other_outlet_tells_it(
    watching: Callable[..., Watch],
) -> None:
    webhook, mail = Ear(refuses="answered 404"), Ear(name="mail")
    firm = watching(webhook, mail)
    firm.settings = firm.settings.model_copy(update={"alert_webhook": "set", "alert_mail": "set"})
    firm.act(SCENES["run_failed"][0])
    firm.news()
    firm.wait(400)
    firm.news()
    with firm.database.transaction() as tx:
        screen = read_screen(tx, firm.settings)
    assert [(one.name, one.waiting, one.error) for one in screen.outlets] == [
        ("mail", 0, None),
        ("webhook", 1, "answered 404"),
    ]
    assert "alerts_untaken" in [alarm.cause for alarm in alarms(screen)]
    assert mail.news() == [("came", "run_failed"), ("came", "alerts_untaken")]
    webhook.refuses = None
    firm.wait(3_600)
    assert firm.news() == [("came", "run_failed")]
    assert mail.news() == [("cleared", "alerts_untaken")]


def test_who_is_set_later_hears_of_what_stands(watching: Callable[..., Watch]) -> None:
    firm = watching()
    firm.ears = ()
    firm.act(SCENES["run_failed"][0])
    for _ in range(2):
        firm.look()
        firm.wait(61)
    firm.ears = (Ear(),)
    assert firm.news() == [("came", "run_failed")]
    mail = Ear(name="mail")
    firm.ears = (mail, *firm.ears)
    assert firm.news() == [("came", "run_failed")]


def test_a_token_that_is_used_lives_on(watching: Callable[..., Watch], keyring: KeyRing) -> None:
    firm = watching()
    firm.act(SCENES["token_ends"][0])
    assert firm.news() == [("came", "token_ends")]
    with firm.database.transaction() as tx:
        (row,) = tx.execute("SELECT id FROM connection").fetchall()
        write_secret(tx, keyring, row[0], "cc_token", "the next pair", lives_s=86_400)
    assert firm.news() == [("cleared", "token_ends")]
