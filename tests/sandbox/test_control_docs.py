"""docs/sandbox.md names every call, switch, limit and fault that there is."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest
from starlette.routing import Route

from sandbox.constant_contact.app import create_constant_contact
from sandbox.constant_contact.policy import Limits, Policy
from sandbox.control import Control
from sandbox.faults import Fault, Kind
from sandbox.salesforce.app import create_salesforce
from sandbox.salesforce.policy import Policy as SalesforcePolicy
from sandbox.world import World

TEXT = (Path(__file__).parents[2] / "docs" / "sandbox.md").read_text(encoding="utf-8")


def test_every_path_of_the_control_api_is_documented() -> None:
    world = World()
    control = Control(
        world=world,
        salesforce=create_salesforce(world, "empty"),
        constant_contact=create_constant_contact(world, "empty"),
    )
    paths = {route.path for route in control.app().routes if isinstance(route, Route)}
    assert paths
    assert [path for path in paths if f" {path}`" not in TEXT and f" {path}?" not in TEXT] == []


@pytest.mark.parametrize(
    "name",
    [
        *Policy.model_fields,
        *SalesforcePolicy.model_fields,
        *Limits.model_fields,
        *Fault.model_fields,
        *get_args(Kind),
    ],
)
def test_every_switch_limit_and_fault_is_documented(name: str) -> None:
    assert f"`{name}`" in TEXT
