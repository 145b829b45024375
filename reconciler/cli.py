"""`bridge up`, `bridge worker` and `bridge scheduler`."""

from __future__ import annotations

import argparse

from bridge import log as logs
from bridge.console.cli import link_for
from bridge.db.cli import told
from bridge.db.migrate import migrate, wait_for_schema
from bridge.prepare import prepare
from bridge.settings import read_settings
from reconciler.group import run_group
from reconciler.roles import SCHEDULER, SERVE, WORKERS

_SCHEMA_WAIT_S = 60.0


def up(argv: list[str]) -> int:
    """Run server, workers and scheduler in one process group, for one small machine."""
    parser = argparse.ArgumentParser(
        prog="bridge up",
        description="Server, workers and scheduler together. Ctrl-C or SIGTERM stops all of them.",
    )
    parser.parse_args(argv)
    settings = read_settings()
    logs.configure(settings.log_level, "up")
    versions = migrate(settings)
    if versions:
        print(told(versions), flush=True)
    prepare(settings, renew_mappings=True)
    link = link_for(settings, by="administrator")
    print(f"log in to the console, once, within 15 minutes: {link}", flush=True)
    return run_group([SERVE, *WORKERS, SCHEDULER])


def worker(argv: list[str]) -> int:
    """Run the workers alone."""
    parser = argparse.ArgumentParser(
        prog="bridge worker", description="The workers; a server and a scheduler run elsewhere."
    )
    parser.parse_args(argv)
    settings = read_settings()
    logs.configure(settings.log_level, "worker")
    wait_for_schema(settings, _SCHEMA_WAIT_S)
    return run_group(list(WORKERS))


def scheduler(argv: list[str]) -> int:
    """Run the scheduler alone; several may run at once."""
    parser = argparse.ArgumentParser(
        prog="bridge scheduler", description="Sweeps, polls and nightly runs; several may run."
    )
    parser.parse_args(argv)
    settings = read_settings()
    logs.configure(settings.log_level, "scheduler")
    wait_for_schema(settings, _SCHEMA_WAIT_S)
    return run_group([SCHEDULER])
