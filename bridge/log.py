"""Log lines: one JSON object a line on standard error, one event a line, times in UTC.

A message is the name of an event, as in `message_stored`; what it is about comes in `extra` as
ids. No line holds a token, an e-mail address or the body of a message.
"""

from __future__ import annotations

import logging
import os
import sys
import traceback
from pathlib import Path

from pythonjsonlogger.json import JsonFormatter


def place(error: BaseException) -> str:
    """Return where an error was raised, as `file.py:line`: its text may hold personal data."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "unknown"


def configure(level: str, process: str) -> None:
    """Send the log of this process to standard error.

    Args:
        level: The least level that is written: debug, info, warning or error.
        process: The role of this process, as in `worker`; it is in every line.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        JsonFormatter(
            ["levelname", "name", "message"],
            timestamp="time",
            rename_fields={
                "levelname": "level",
                "name": "logger",
                "message": "event",
                "exc_info": "error",
            },
            static_fields={"process": process, "pid": os.getpid()},
        )
    )
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
