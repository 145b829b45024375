"""Loads the fixtures; each subject has a file of its own beside this one."""

from __future__ import annotations

from importlib.util import find_spec

from hypothesis import HealthCheck, settings

pytest_plugins = [
    name
    for name in (
        "tests.fix_time",
        "tests.fix_told",
        "tests.fix_db",
        "tests.fix_sandbox",
        "tests.fix_endpoint",
        "tests.fix_bridge",
        "tests.fix_inbox",
        "tests.fix_clients",
        "tests.fix_console",
        "tests.fix_faults",
    )
    if find_spec(name) is not None
]

# A busy machine is no fault of the code: an example is judged by what it shows, not by its time.
settings.register_profile(
    "bridge", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("bridge")
