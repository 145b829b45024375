"""Log lines are JSON, one a line, and carry their ids."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

import pytest

from bridge import log

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def root() -> Iterator[logging.Logger]:
    """The root logger, as it was before once the test ends."""
    logger = logging.getLogger()
    handlers, level = logger.handlers[:], logger.level
    yield logger
    logger.handlers[:] = handlers
    logger.setLevel(level)


@pytest.mark.usefixtures("root")
def test_an_event_is_one_line_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("info", "worker")
    logging.getLogger("bridge.inbox").info("message_stored", extra={"message_id": 7})
    (line,) = capsys.readouterr().err.splitlines()
    event = json.loads(line)
    assert event.pop("time").endswith("+00:00")
    assert event.pop("pid") > 0
    assert event == {
        "level": "INFO",
        "logger": "bridge.inbox",
        "event": "message_stored",
        "process": "worker",
        "message_id": 7,
    }


@pytest.mark.usefixtures("root")
def test_an_error_stays_on_one_line_with_its_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("info", "worker")
    try:
        _ = 1 / 0
    except ZeroDivisionError:
        logging.getLogger("bridge").exception("slice_failed")
    (line,) = capsys.readouterr().err.splitlines()
    assert "ZeroDivisionError" in json.loads(line)["error"]


@pytest.mark.usefixtures("root")
def test_lines_below_the_level_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("warning", "worker")
    logging.getLogger("bridge").info("message_stored")
    assert capsys.readouterr().err == ""
