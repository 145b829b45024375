"""Loads the fixtures; each subject has a file of its own beside this one."""

from __future__ import annotations

from importlib.util import find_spec

pytest_plugins = [
    name
    for name in (
        "tests.fix_time",
        "tests.fix_db",
        "tests.fix_sandbox",
        "tests.fix_bridge",
        "tests.fix_inbox",
        "tests.fix_faults",
    )
    if find_spec(name) is not None
]
