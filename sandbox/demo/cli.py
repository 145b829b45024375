"""`bridge demo`: plays the story against running services and tells what was verified."""

from __future__ import annotations

import argparse
import json
import sys
import time

from sandbox.demo.errors import DemoError
from sandbox.demo.falsify import falsified
from sandbox.demo.firm import build_firm
from sandbox.demo.history import record_nights
from sandbox.demo.interrupts import interruptible
from sandbox.demo.narrator import Narrator, Told, render_json, render_table
from sandbox.demo.observer import ConstantContact, Control, Salesforce
from sandbox.demo.services import Services, running_services
from sandbox.demo.stage import Stage
from sandbox.demo.story import LINES, play
from sandbox.demo.workspace import demo_root, workspace

INTERRUPTED = 130
_WATCH_EVERY_S = 0.5


def main(argv: list[str]) -> int:
    """Run `bridge demo`; return 0 only if every line of the story was verified."""
    options = _parser().parse_args(argv)
    narrator = Narrator(sys.stderr)
    code = INTERRUPTED
    try:
        with (
            interruptible(),
            workspace(demo_root()) as place,
            running_services(place, narrator) as services,
        ):
            stage = _stage(services, narrator, options)
            record_nights(place.data_dir)
            told = [] if options.firm else _play(stage, narrator, options)
            code = 0 if all(line.verified for line in told) else 1
            if not options.firm:
                _tell(told, services, narrator, as_json=options.json)
            if not options.exit:
                if code == 0:
                    build_firm(stage)
                _stay_up(services, narrator, as_json=options.firm and options.json)
    except DemoError as error:
        narrator.say(f"the demo ends: {error}")
        return 1
    except KeyboardInterrupt:
        pass  # the way to end it once it stays up
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bridge demo",
        description="Start the sandbox and the bridge, play a story of eight lines and verify each "
        "by reading the other system back; then stay up until Ctrl-C.",
    )
    parser.add_argument(
        "--exit", action="store_true", help="end after the story: 0 if every line was verified"
    )
    parser.add_argument("--json", action="store_true", help="print the result as one JSON value")
    parser.add_argument(
        "--firm",
        action="store_true",
        help="leave the story out: only make the firm that the console shows",
    )
    parser.add_argument(
        "--falsify",
        type=int,
        metavar="N",
        choices=range(1, len(LINES) + 1),
        help="shows that the demo can fail: while line N is played, the other system "
        "answers every change of the bridge well and keeps none",
    )
    parser.add_argument(
        "--patience",
        type=float,
        metavar="S",
        default=45.0,
        help="seconds that the proof of one save may take (default: 45)",
    )
    return parser


def _stage(services: Services, narrator: Narrator, options: argparse.Namespace) -> Stage:
    observer = services.sandbox["observer"]
    return Stage(
        salesforce=Salesforce(
            services.sandbox["salesforce_url"], observer["salesforce_access_token"]
        ),
        constant_contact=ConstantContact(
            services.sandbox["constant_contact_url"], observer["constant_contact_access_token"]
        ),
        control=Control(services.sandbox["control_url"]),
        bridge=services.bridge,
        narrator=narrator,
        patience_s=options.patience,
        ensure_running=services.ensure_running,
    )


def _play(stage: Stage, narrator: Narrator, options: argparse.Namespace) -> list[Told]:
    told = list(play(stage, falsified(stage, options.falsify)))
    calls = stage.control.bridge_calls()
    narrator.heading(
        f"The bridge made {len(calls)} calls to Constant Contact, of which "
        f"{sum(call.is_throttled for call in calls)} were over the limit of 4 a second."
    )
    return told


def _tell(told: list[Told], services: Services, narrator: Narrator, *, as_json: bool) -> None:
    """Print the result: on standard output the table or the JSON value, else progress."""
    seconds = time.monotonic() - narrator.started_at
    if as_json:
        print(render_json(told, urls=services.urls(), seconds=seconds), flush=True)
    else:
        print(f"\n{render_table(told)}\n", flush=True)
    failed = [line for line in told if line.seconds is not None and not line.verified]
    for line in failed:
        narrator.heading(f"Line {line.number} was not verified: {line.title}. {line.happened}")
        narrator.heading(services.bridge.troubles() or "The bridge logged no warning.")
    if not failed:
        narrator.heading(f"Every line was verified, in {seconds:.0f} s from the start.")


def _stay_up(services: Services, narrator: Narrator, *, as_json: bool) -> None:
    """Keep everything running until Ctrl-C or SIGTERM."""
    urls = "".join(f"\n  {name:16}  {url}" for name, url in services.urls().items())
    narrator.heading(f"Everything stays up until Ctrl-C:{urls}")
    link = services.bridge.console_link()
    narrator.heading(f"The console, once and within 15 minutes: {link}")
    if as_json:
        print(json.dumps({"console": link}), flush=True)
    while True:
        services.ensure_running()
        time.sleep(_WATCH_EVERY_S)
