"""Imports go one way; a fault names the line."""

from __future__ import annotations

import sys
from graphlib import CycleError, TopologicalSorter

import pytest

from tests.architecture.modules import PACKAGES, Import, Module, modules

MAY_IMPORT = {
    "bridge": {"bridge"},
    "reconciler": {"bridge", "reconciler"},
    "sandbox": {"sandbox"},
}
PURE = {
    "bridge.errors",
    "bridge.backups.manifest",
    "bridge.cron",
    "bridge.identity",
    "bridge.salesforce.package.change_list",
    "bridge.salesforce.package.fields",
    "bridge.salesforce.package.flows",
    "bridge.salesforce.package.forms",
    "bridge.salesforce.package.generate",
    "bridge.salesforce.package.messages",
    "bridge.salesforce.package.model",
    "bridge.salesforce.package.pages",
    "bridge.salesforce.package.permissions",
    "bridge.salesforce.package.removal",
    "bridge.salesforce.package.views",
    "bridge.salesforce.package.xml",
    "bridge.salesforce.tombstone",
    "bridge.salesforce.values",
    "bridge.inbox.soap",
    "bridge.consent.box",
    "bridge.consent.policy",
    "bridge.consent.statement",
    "bridge.delivery.confirm",
    "bridge.delivery.decide",
    "bridge.explain.beginning",
    "bridge.explain.causes",
    "bridge.explain.consent",
    "bridge.explain.delivery",
    "bridge.explain.examine",
    "bridge.explain.jobs",
    "bridge.explain.lists",
    "bridge.explain.mailing",
    "bridge.explain.people",
    "bridge.explain.text",
    "bridge.alerts.changes",
    "bridge.alerts.compose",
    "bridge.console.access.roles",
    "bridge.integrity.text",
    "bridge.plans.choose",
    "bridge.plans.difference",
    "bridge.plans.model",
    "bridge.plans.text",
    "bridge.runs.model",
    "bridge.status.alarms",
    "bridge.support.redact",
    "bridge.status.of_runs",
    "bridge.status.of_surroundings",
    "bridge.status.text",
    "bridge.delivery.decide_consent",
    "bridge.delivery.decide_return",
    "bridge.setup.causes",
    "bridge.setup.clicks",
    "bridge.setup.diagnose",
    "bridge.setup.env_file",
    "reconciler.agreed",
    "reconciler.copying",
    "reconciler.plan_contacts",
    "reconciler.plan_lists",
    "reconciler.plans.effects",
    "reconciler.plans.guard",
    "reconciler.plans.undo",
    "reconciler.snapshot.compared",
    "bridge.constant_contact.bounces",
    "bridge.constant_contact.results",
    "bridge.console.interactions.arrange",
    "bridge.console.interactions.model",
    "bridge.console.pages.audit_view",
    "bridge.console.pages.explain_view",
    "bridge.console.paths",
    "bridge.consent.export_text",
    "reconciler.activities.compose",
    "reconciler.activities.fields",
    "reconciler.activities.looks",
    "reconciler.activities.whose",
}
"""Modules that decide or convert: no clock, environment, network, disk or chance."""

IMPURE = {"os", "time", "random", "secrets", "socket", "subprocess", "pathlib", "logging"} | {
    "psycopg",
    "requests",
    "dramatiq",
    "starlette",
    "simple_salesforce",
    "bridge.db",
    "bridge.settings",
}


def fault(module: Module, found: Import) -> str:
    return f"{module.place}:{found.line}: {found.module} {found.name or ''}".strip()


def target(found: Import) -> str | None:
    """Return the module of ours that an import runs."""
    submodule = f"{found.module}.{found.name}"
    return next((name for name in (submodule, found.module) if name in modules()), None)


def test_packages_import_one_way() -> None:
    assert [
        fault(module, found)
        for module in modules().values()
        for found in module.imports()
        if (package := found.module.partition(".")[0]) in PACKAGES
        and package not in MAY_IMPORT[module.name.partition(".")[0]]
    ] == []


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = {
        module.name: {
            name
            for found in module.imports()
            if not found.is_for_types and (name := target(found)) not in {None, module.name}
        }
        for module in modules().values()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(reversed(error.args[1])))


@pytest.mark.parametrize("name", sorted(PURE))
def test_pure_modules_import_nothing_that_acts(name: str) -> None:
    module = modules()[name]
    assert [
        fault(module, found)
        for found in module.imports()
        if not found.is_for_types
        and any(f"{found.module}.{found.name}.".startswith(f"{impure}.") for impure in IMPURE)
    ] == []


def test_the_keeper_needs_only_the_standard_library() -> None:
    module = modules()["bridge.db.keeper"]
    assert [
        fault(module, found)
        for found in module.imports()
        if found.module.partition(".")[0] not in sys.stdlib_module_names
    ] == []
