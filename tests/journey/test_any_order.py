"""Notifications in any order, repeated, by several workers: the end is that of the saves in order."""

from __future__ import annotations

import random
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from bridge.delivery.deliver import deliver_slice
from bridge.inbox.triage import triage_batch
from tests.fix_inbox import XML
from tests.journey.firm import MEMBERSHIP
from tests.outbound import message, notification

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.journey.firm import Firm

ROUNDS = 6
WORKERS = 3
SLICE_S = 5.0
DEADLINE_S = 60.0
KEPT = ("first_name", "list_memberships")


@dataclass(frozen=True)
class Told:
    """One notification as Salesforce would send it, with what it tells."""

    object: str
    fields: dict[str, str | None]
