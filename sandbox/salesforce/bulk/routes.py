"""The resources of Bulk API 2.0: `/jobs/ingest…` and `/jobs/query…`."""

from __future__ import annotations

import base64
import binascii
from functools import partial
from typing import TYPE_CHECKING, Any

from starlette.responses import Response
from starlette.routing import Route

from sandbox.salesforce.bulk import requests
from sandbox.salesforce.bulk.jobs import JOBS_A_PAGE
from sandbox.salesforce.bulk.load import unprocessed
from sandbox.salesforce.errors import ApiError
from sandbox.salesforce.rest.calls import answer, resource

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.salesforce.bulk.jobs import Job, Jobs, Kind
    from sandbox.salesforce.policy import Policy
    from sandbox.salesforce.rest.calls import Api, Call, Handler

_ROOT = "/services/data/v{version}/jobs"
_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
_DEFAULT_RECORDS = 250_000
"""Records of a page of results where the client does not say how many."""


def bulk_routes(api: Api, jobs: Jobs, policy: Callable[[], Policy]) -> list[Route]:
    """Return the routes of Bulk API 2.0 for one org."""
    bulk = _Bulk(jobs, policy)

    def route(path: str, **handlers: Handler) -> Route:
        return Route(_ROOT + path, resource(api, **handlers), methods=_METHODS)

    return [
        route("/ingest", GET=partial(bulk.list_jobs, "ingest"), POST=bulk.create_ingest),
        route(
            "/ingest/{id}",
            GET=partial(bulk.show, "ingest"),
            PATCH=bulk.close_ingest,
            DELETE=partial(bulk.remove, "ingest"),
        ),
        route("/ingest/{id}/batches", PUT=bulk.upload),
        route("/ingest/{id}/successfulResults", GET=bulk.show_successful),
        route("/ingest/{id}/failedResults", GET=bulk.show_failed),
        route("/ingest/{id}/unprocessedrecords", GET=bulk.show_unprocessed),
        # Clients spell it both ways.
        route("/ingest/{id}/unprocessedRecords", GET=bulk.show_unprocessed),
        route("/query", GET=partial(bulk.list_jobs, "query"), POST=bulk.create_query),
        route(
            "/query/{id}",
            GET=partial(bulk.show, "query"),
            PATCH=bulk.abort_query,
            DELETE=partial(bulk.remove, "query"),
        ),
        route("/query/{id}/results", GET=bulk.show_results),
    ]


class _Bulk:
    def __init__(self, jobs: Jobs, policy: Callable[[], Policy]) -> None:
        self._jobs = jobs
        self._policy = policy

    def create_ingest(self, call: Call) -> Response:
        """Make a job that waits for its file, or one that has it already."""
        content_type = call.headers.get("content-type", "")
        made: dict[str, Any] = {"user_id": call.user_id, "version": call.version}
        if content_type.lower().startswith("multipart/form-data"):
            asked, content = requests.parts(content_type, call.body)
            made |= {"state": "UploadComplete", "content": content, "closed_at": _now(call)}
        else:
            asked = call.json()
            made["state"] = "Open"
        fields = requests.ingest_fields(call.org, self._policy(), asked)
        return answer(200, self._jobs.add(**fields, **made).shown())

    def create_query(self, call: Call) -> Response:
        """Make a job that runs a query."""
        fields = requests.query_fields(call.org, call.json())
        self._jobs.refuse_beyond_day()
        job = self._jobs.add(
            **fields,
            user_id=call.user_id,
            version=call.version,
            state="UploadComplete",
            closed_at=_now(call),
        )
        return answer(200, job.shown())

    def upload(self, call: Call) -> Response:
        """Take the file of a job: once, and while the job is open."""
        job = self._jobs.get("ingest", call.path["id"])
        kind = call.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "text/csv":
            message = f"Content-Type must be text/csv: {kind}"
            raise ApiError("UNSUPPORTED_MEDIA_TYPE", message, status=415)
        if job.state != "Open":
            raise ApiError("INVALIDJOBSTATE", f"Job data cannot be uploaded in state {job.state}")
        if job.content is not None:
            raise ApiError(
                "CLIENTINPUTERROR",
                f"Found multiple contents for job: <{job.job_id}>, please 'Close' / 'Abort' / "
                "'Delete' the current Job then create a new Job and make sure you only do 'PUT' "
                "once on a given Job.",
            )
        self._jobs.change(job, content=requests.uploaded(call.body))
        return Response(status_code=201)

    def close_ingest(self, call: Call) -> Response:
        """Say that the upload is complete, or give the job up."""
        job = self._jobs.get("ingest", call.path["id"])
        state = requests.new_state(call.json(), "UploadComplete", "Aborted")
        if state == "Aborted":
            return self._abort(job)
        if job.state != "Open":
            raise ApiError("INVALIDJOBSTATE", f"Job cannot be closed in state {job.state}")
        return answer(200, self._jobs.change(job, state=state, closed_at=_now(call)).shown())

    def abort_query(self, call: Call) -> Response:
        """Give a query up."""
        job = self._jobs.get("query", call.path["id"])
        requests.new_state(call.json(), "Aborted")
        return self._abort(job)

    def show(self, kind: Kind, call: Call) -> Response:
        """Show how far a job is."""
        return answer(200, self._jobs.get(kind, call.path["id"]).info())

    def remove(self, kind: Kind, call: Call) -> Response:
        """Delete a job with its data."""
        self._jobs.remove(self._jobs.get(kind, call.path["id"]))
        return answer(204)

    def list_jobs(self, kind: Kind, call: Call) -> Response:
        """List the jobs of one kind, oldest first, in pages; filters are checked."""
        wanted = {"ingest": "V2Ingest", "query": "V2Query"}[kind]
        found = self._jobs.of(kind)
        if call.query.get("jobType", wanted) != wanted:
            found = []
        if call.query.get("concurrencyMode", "parallel").lower() != "parallel":
            found = []
        if "isPkChunkingEnabled" in call.query and call.flag("isPkChunkingEnabled"):
            found = []
        start = _offset(call.query.get("queryLocator", ""))
        end = start + JOBS_A_PAGE
        url = None
        if end < len(found):
            url = f"/services/data/v{call.version}/jobs/{kind}?queryLocator={_locator(end)}"
        listed = [{**job.shown(), "jobType": wanted} for job in found[start:end]]
        return answer(200, {"done": url is None, "nextRecordsUrl": url, "records": listed})

    def show_successful(self, call: Call) -> Response:
        """Return the rows that were saved, each with the record's id."""
        job = self._ended(call)
        return _csv("".join(job.results.successful))

    def show_failed(self, call: Call) -> Response:
        """Return the rows that were refused, each with its error."""
        job = self._ended(call)
        return _csv("".join(job.results.failed))

    def show_unprocessed(self, call: Call) -> Response:
        """Return the rows that were never looked at."""
        return _csv(unprocessed(self._ended(call)))

    def show_results(self, call: Call) -> Response:
        """Return records of a query, from a locator on."""
        job = self._jobs.get("query", call.path["id"])
        if job.state != "JobComplete":
            message = f"Results are available once the job is JobComplete; it is {job.state}"
            raise ApiError("INVALIDJOBSTATE", message)
        count = _count(call.query.get("maxRecords"))
        lines = job.results.lines
        start = _offset(call.query.get("locator", ""))
        if start and start >= len(lines):
            raise _bad_locator()
        end = start + count
        shown = lines[start:end]
        response = _csv(job.results.header + "".join(shown))
        response.headers["Sforce-NumberOfRecords"] = str(len(shown))
        response.headers["Sforce-Locator"] = _locator(end) if end < len(lines) else "null"
        return response

    def _ended(self, call: Call) -> Job:
        job = self._jobs.get("ingest", call.path["id"])
        if job.state not in {"JobComplete", "Failed", "Aborted"}:
            message = f"Results are available once the job has ended; it is {job.state}"
            raise ApiError("INVALIDJOBSTATE", message)
        return job

    def _abort(self, job: Job) -> Response:
        if job.state in {"JobComplete", "Failed", "Aborted"}:
            raise ApiError("INVALIDJOBSTATE", f"Job cannot be aborted in state {job.state}")
        return answer(200, self._jobs.change(job, state="Aborted").shown())


def _now(call: Call) -> Any:
    return call.org.world.now()


def _csv(text: str) -> Response:
    content = text.encode("utf-8", "replace")
    return Response(content, headers={"Content-Type": "text/csv; charset=UTF-8"})


def _count(text: str | None) -> int:
    if text is None:
        return _DEFAULT_RECORDS
    if not (text.isascii() and text.isdigit()) or int(text[:12]) == 0:
        raise ApiError("INVALID_ARGUMENT", f"maxRecords must be a number above 0: {text[:40]}")
    return int(text[:12])


def _locator(place: int) -> str:
    """Return a locator, which is opaque to clients.

    >>> _locator(10_000)
    'MTAwMDA'
    """
    return base64.urlsafe_b64encode(str(place).encode()).decode().rstrip("=")


def _offset(locator: str) -> int:
    """Return the place that a locator stands for; none and `null` stand for the start."""
    if locator in {"", "null"}:
        return 0
    try:
        text = base64.urlsafe_b64decode(locator + "=" * (-len(locator) % 4)).decode("ascii")
    except (binascii.Error, ValueError):
        raise _bad_locator() from None
    if not text.isdigit() or len(text) > 12:  # noqa: PLR2004 - no job is that large
        raise _bad_locator()
    return int(text)


def _bad_locator() -> ApiError:
    return ApiError("INVALID_QUERY_LOCATOR", "invalid query locator")
