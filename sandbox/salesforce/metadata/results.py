"""What became of a deployment, in the words of DeployResult: for SOAP and REST alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.salesforce.metadata.deployments import DONE
from sandbox.salesforce.values import to_json, to_soap

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sandbox.salesforce.metadata.components import Component
    from sandbox.salesforce.metadata.deployments import Deployment
    from sandbox.salesforce.metadata.messages import Message
    from sandbox.salesforce.org import Org


def deploy_result(org: Org, job: Deployment, *, details: bool, as_soap: bool) -> dict[str, Any]:
    """Return a deployment; what is None is left out of SOAP and null in REST.

    Args:
        org: For the names of users.
        job: The deployment.
        details: Tell what became of each part.
        as_soap: Spell times as SOAP does.
    """
    counted = job.counted
    errors = job.errors
    result: dict[str, Any] = {
        "canceledBy": job.canceled_by,
        "canceledByName": user_name(org, job.canceled_by),
        "checkOnly": job.options.check_only,
        "completedDate": _time(job.completed_at, as_soap=as_soap),
        "createdBy": job.user_id[:15] if as_soap else job.user_id,
        "createdByName": user_name(org, job.user_id),
        "createdDate": _time(job.created_at, as_soap=as_soap),
        "details": None,
        "done": job.status in DONE,
        "errorMessage": None,
        "errorStatusCode": None,
        "id": job.job_id,
        "ignoreWarnings": job.options.ignore_warnings,
        "lastModifiedDate": _time(job.changed_at, as_soap=as_soap),
        "numberComponentErrors": len(errors),
        "numberComponentsDeployed": sum(each.success for each in counted),
        "numberComponentsTotal": len({id(each) for each in (*counted, *errors)}),
        "numberTestErrors": 0,
        "numberTestsCompleted": 0,
        "numberTestsTotal": 0,
        "rollbackOnError": job.options.rollback_on_error,
        "runTestsEnabled": False,
        "startDate": _time(job.started_at, as_soap=as_soap),
        "stateDetail": None,
        "status": job.status,
        "success": job.status in {"Succeeded", "SucceededPartial"},
    }
    if details:
        shown = [(each, _message(each, as_soap=as_soap)) for each in job.messages]
        result["details"] = {
            "componentFailures": [
                found for each, found in shown if not each.success or each.is_warning
            ],
            "componentSuccesses": [
                found for each, found in shown if each.success and not each.is_warning
            ],
            "runTestResult": {"numFailures": 0, "numTestsRun": 0, "totalTime": 0.0},
        }
    return result


def file_properties(org: Org, component: Component) -> dict[str, Any]:
    """Return a part of the org as FileProperties shows it."""
    name = user_name(org, component.user_id)
    return {
        "createdById": component.user_id,
        "createdByName": name,
        "createdDate": _time(component.created_at, as_soap=True),
        "fileName": f"unpackaged/{component.file_name}"
        if component.source
        else component.file_name,
        "fullName": component.full_name,
        "id": component.component_id,
        "lastModifiedById": component.user_id,
        "lastModifiedByName": name,
        "lastModifiedDate": _time(component.changed_at, as_soap=True),
        "manageableState": "unmanaged",
        "type": component.type,
    }


def user_name(org: Org, user_id: str | None) -> str | None:
    """Return the full name of a user, or None."""
    row = org.tables["User"].get(user_id) if user_id else None
    return None if row is None else str(row["Name"])


def _message(message: Message, *, as_soap: bool) -> Mapping[str, Any]:
    problem_type = None
    if message.problem is not None:
        problem_type = "Warning" if message.is_warning else "Error"
    return {
        "changed": message.changed,
        "columnNumber": message.column,
        "componentType": message.type,
        "created": message.created,
        "createdDate": _time(message.at, as_soap=as_soap),
        "deleted": message.deleted,
        "fileName": message.file_name,
        "fullName": message.full_name,
        "id": message.component_id or None,
        "lineNumber": message.line,
        "problem": message.problem,
        "problemType": problem_type,
        "success": message.success,
    }


def _time(at: datetime | None, *, as_soap: bool) -> object:
    if at is None:
        return None
    return to_soap(at) if as_soap else to_json(at)
