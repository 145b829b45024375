"""Plays the lines of the story in order and tells what became of each."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from sandbox.demo.absence import bridge_was_down
from sandbox.demo.engagement import campaign_is_sent
from sandbox.demo.errors import DemoError
from sandbox.demo.lines import (
    contact_changes,
    household_joins,
    list_is_made_and_renamed,
    memberships_are_deleted,
    opt_out_and_back,
)
from sandbox.demo.narrator import Told
from sandbox.demo.night import night_comes
from sandbox.demo.scene import Proof, Scene

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from sandbox.demo.stage import Stage

LINES: tuple[tuple[str, Callable[[Scene], Proof]], ...] = (
    ("A list is made, then renamed", list_is_made_and_renamed),
    ("A household joins the list", household_joins),
    ("A surname and a phone change", contact_changes),
    ("Do Not Email ticked, unticked", opt_out_and_back),
    ("Memberships are deleted", memberships_are_deleted),
    ("A campaign is sent", campaign_is_sent),
    ("Both change, the bridge is down", bridge_was_down),
    ("Two nights go by", night_comes),
)


def play(stage: Stage, meanwhile: Callable[[int], AbstractContextManager[None]]) -> Iterator[Told]:
    """Play the lines one after the other; after one that is not verified, play no more.

    A line relies on what those before it left in both systems, so going on would prove nothing.

    Args:
        stage: The running services.
        meanwhile: Makes what surrounds the line of this number while it is played.
    """
    scene = Scene(stage)
    goes_on = True
    for number, (title, line) in enumerate(LINES, start=1):
        if not goes_on:
            yield Told(number=number, title=title)
            continue
        stage.narrator.heading(f"{number}. {title}")
        began_at = time.monotonic()
        try:
            with meanwhile(number):
                proof = line(scene)
        except DemoError as error:
            goes_on, proof = False, Proof(happened=str(error))
        seconds = time.monotonic() - began_at
        outcome = "verified" if goes_on else "NOT VERIFIED"
        stage.narrator.say(f"{outcome}: {proof.happened}")
        yield Told(
            number=number,
            title=title,
            verified=goes_on,
            happened=proof.happened,
            read=proof.read,
            seconds=seconds,
        )
