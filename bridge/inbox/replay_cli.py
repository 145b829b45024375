"""`bridge inbox replay --cause`: all dead letters of a cause, or the oldest of them for a try."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from bridge.inbox.replay import replay_causes, wait_for_end

if TYPE_CHECKING:
    import argparse

    from bridge.settings import Settings

_PATIENCE_S = 60.0


def run(settings: Settings, arguments: argparse.Namespace) -> int:
    """Replay what the arguments ask for, print it, and return the exit code.

    Progress goes to standard error. With `--try-one` the code is 1 unless the letter ended well.
    """
    replayed = replay_causes(
        settings,
        arguments.cause,
        connection=arguments.connection,
        mode=arguments.mode,
        limit=1 if arguments.try_one else arguments.limit,
        progress=_print_progress,
    )
    if arguments.try_one and replayed:
        return _tell_one(settings, *replayed[0], as_json=arguments.json)
    if arguments.json:
        print(json.dumps({"replayed": len(replayed)}))
    else:
        print(f"{len(replayed):,} dead letters wait for triage again")
    return 0


def _print_progress(done: int, total: int) -> None:
    if total > 1:
        print(f"replayed {done:,} of {total:,}", file=sys.stderr)


def _tell_one(settings: Settings, notification_id: str, connection: str, *, as_json: bool) -> int:
    one = wait_for_end(settings, notification_id, connection, patience_s=_PATIENCE_S)
    is_well = one.state in {"done", "superseded"}
    if as_json:
        told = {"notification_id": one.notification_id, "state": one.state, "reason": one.reason}
        print(json.dumps({"replayed": 1, **told}, indent=2))
    else:
        print(f"{one.notification_id} of {one.connection}: {one.state} ({one.reason or '-'})")
        if one.finished_at is None:
            print("it has not ended yet: see that a worker runs, then `bridge inbox show`")
    return 0 if is_well else 1
