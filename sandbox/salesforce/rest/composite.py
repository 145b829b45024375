"""Several calls in one: `/composite`, `/composite/batch` and `/composite/graph`."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from sandbox.salesforce.errors import ApiError
from sandbox.salesforce.rest.calls import answer
from sandbox.salesforce.rest.resources import call_within

if TYPE_CHECKING:
    from starlette.responses import Response

    from sandbox.salesforce.rest.calls import Call

    Results = dict[str, dict[str, Any]]

MOST_CALLS = 25
MOST_GRAPHS = 75
MOST_NODES = 500
MOST_DEPTH = 15
MOST_KINDS = 15
MOST_FAILED_GRAPHS = 14
_REFUSED_FROM = 400
_REFERENCE = re.compile(r"@\{(\w+)((?:\.\w+|\[\d{1,4}\])*)\}")
_STEP = re.compile(r"\.(\w+)|\[(\d+)\]")
_NAME = re.compile(r"[A-Za-z]\w*")
_TAKEN_BACK = (
    "The transaction was rolled back since another operation in the same transaction failed."
)


class _TakenBackError(Exception):
    """One of the calls failed, and with it all of them."""


def composite(call: Call) -> Response:
    """Serve up to 25 calls in their order; later ones may use what earlier ones answered."""
    asked = call.json()
    calls = _calls(asked.get("compositeRequest"), most=MOST_CALLS)
    if asked.get("allOrNone") is True:
        results, _ = _all_or_none(call, calls)
    else:
        results = {}
        for each in calls:
            results[each["referenceId"]] = _one(call, each, results)
    return answer(200, {"compositeResponse": list(results.values())})


def graph(call: Call) -> Response:
    """Serve up to 75 groups of calls, each of them all or none."""
    graphs = call.json().get("graphs")
    if not isinstance(graphs, list) or not all(isinstance(each, dict) for each in graphs):
        raise ApiError("JSON_PARSER_ERROR", "graphs must be a list of graphs")
    if not 1 <= len(graphs) <= MOST_GRAPHS:
        raise ApiError("LIMIT_EXCEEDED", f"A request holds 1 to {MOST_GRAPHS} graphs")
    groups = [_calls(each.get("compositeRequest"), most=MOST_NODES) for each in graphs]
    if sum(map(len, groups)) > MOST_NODES:
        raise ApiError("LIMIT_EXCEEDED", f"A request holds at most {MOST_NODES} nodes")
    for calls in groups:
        _check_shape(calls)
    shown, failed_count = [], 0
    for each, calls in zip(graphs, groups, strict=True):
        if failed_count >= MOST_FAILED_GRAPHS:
            results, is_good = {one["referenceId"]: _halted(one) for one in calls}, False
        else:
            results, is_good = _all_or_none(call, calls)
        failed_count += not is_good
        shown.append(
            {
                "graphId": each.get("graphId"),
                "graphResponse": {"compositeResponse": list(results.values())},
                "isSuccessful": is_good,
            }
        )
    return answer(200, {"graphs": shown})


def batch(call: Call) -> Response:
    """Serve up to 25 calls that know nothing of each other."""
    asked = call.json()
    calls = asked.get("batchRequests")
    if not isinstance(calls, list) or not all(isinstance(each, dict) for each in calls):
        raise ApiError("JSON_PARSER_ERROR", "batchRequests must be a list of requests")
    if not 1 <= len(calls) <= MOST_CALLS:
        raise ApiError("LIMIT_EXCEEDED", f"A request holds 1 to {MOST_CALLS} subrequests")
    results: list[dict[str, Any]] = []
    has_errors = False
    for each in calls:
        if has_errors and asked.get("haltOnError") is True:
            halted = ApiError("BATCH_PROCESSING_HALTED", "Batch processing halted per request")
            results.append({"statusCode": 412, "result": halted.body()})
            continue
        made = call_within(
            call, str(each.get("method", "")), str(each.get("url", "")), each.get("richInput")
        )
        has_errors = has_errors or made.status_code >= _REFUSED_FROM
        results.append({"statusCode": made.status_code, "result": _value(made)})
    return answer(200, {"hasErrors": has_errors, "results": results})


def _calls(asked: object, *, most: int) -> list[dict[str, Any]]:
    if not isinstance(asked, list) or not all(isinstance(each, dict) for each in asked):
        raise ApiError("JSON_PARSER_ERROR", "compositeRequest must be a list of requests")
    if not 1 <= len(asked) <= most:
        raise ApiError("LIMIT_EXCEEDED", f"A request holds 1 to {most} subrequests")
    names = [each.get("referenceId") for each in asked]
    if not all(isinstance(name, str) and _NAME.fullmatch(name) for name in names):
        raise ApiError("INVALID_INPUT", "Each subrequest needs a referenceId of letters and digits")
    if len(set(names)) < len(names):
        raise ApiError("INVALID_INPUT", "Each referenceId stands for one subrequest")
    for each in asked:
        if not isinstance(each.get("method"), str) or not isinstance(each.get("url"), str):
            raise ApiError("INVALID_INPUT", "Each subrequest needs a method and a url")
    return asked


def _check_shape(calls: list[dict[str, Any]]) -> None:
    """Refuse a graph whose calls rest on each other too deeply, or are of too many kinds."""
    depths: dict[str, int] = {}
    for each in calls:
        text = json.dumps([each["url"], each.get("body")])
        named = {match[1] for match in _REFERENCE.finditer(text)}
        depths[each["referenceId"]] = 1 + max((depths.get(name, 0) for name in named), default=0)
    if max(depths.values()) > MOST_DEPTH:
        raise ApiError("LIMIT_EXCEEDED", f"A graph is at most {MOST_DEPTH} calls deep")
    kinds = {(each["method"].upper(), _kind(each["url"])) for each in calls}
    if len(kinds) > MOST_KINDS:
        raise ApiError("LIMIT_EXCEEDED", f"A graph has at most {MOST_KINDS} kinds of calls")


def _kind(url: str) -> str:
    """Return what a call is about: its object, or the resource where it names none."""
    match = re.search(r"/sobjects/(\w+)", url)
    return match[1] if match else url.partition("?")[0]


def _all_or_none(call: Call, calls: list[dict[str, Any]]) -> tuple[Results, bool]:
    """Serve all calls, or take back what they did; tell whether all were good."""
    results: Results = {}
    try:
        with call.transaction():
            for each in calls:
                made = results[each["referenceId"]] = _one(call, each, results)
                if made["httpStatusCode"] >= _REFUSED_FROM:
                    raise _TakenBackError  # noqa: TRY301 - it ends the transaction
    except _TakenBackError:
        *_, failed = results
        return {
            name: results[failed] if name == failed else _halted(each)
            for each in calls
            for name in (each["referenceId"],)
        }, False
    return results, True


def _one(call: Call, asked: dict[str, Any], results: Results) -> dict[str, Any]:
    headers = asked.get("httpHeaders")
    try:
        url = str(_filled(asked["url"], results))
        body = _filled(asked.get("body"), results)
    except RecursionError:
        deep = ApiError("JSON_PARSER_ERROR", "The body is nested too deeply")
        return _shown(asked, deep.status, deep.body())
    except ApiError as error:
        return _shown(asked, error.status, error.body())
    texts = headers if isinstance(headers, dict) else {}
    made = call_within(
        call, asked["method"], url, body, {name: str(each) for name, each in texts.items()}
    )
    shown = _shown(asked, made.status_code, _value(made))
    found = shown["body"]
    if made.status_code == 201 and isinstance(found, dict) and "id" in found:  # noqa: PLR2004 - created
        base = url.partition("?")[0].rstrip("/")
        shown["httpHeaders"] = {"Location": f"{base}/{found['id']}"}
    return shown


def _shown(asked: dict[str, Any], status: int, body: object) -> dict[str, Any]:
    return {
        "body": body,
        "httpHeaders": {},
        "httpStatusCode": status,
        "referenceId": asked["referenceId"],
    }


def _halted(asked: dict[str, Any]) -> dict[str, Any]:
    return _shown(asked, 400, ApiError("PROCESSING_HALTED", _TAKEN_BACK).body())


def _value(made: Response) -> object:
    return json.loads(bytes(made.body)) if made.body else None


def _filled(value: Any, results: Results) -> Any:
    """Return a value with `@{name.path}` replaced by what that call answered."""
    if isinstance(value, dict):
        return {key: _filled(each, results) for key, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, results) for each in value]
    if not isinstance(value, str):
        return value
    return _REFERENCE.sub(lambda match: str(_looked_up(match[1], match[2], results)), value)


def _looked_up(name: str, path: str, results: Results) -> object:
    found: Any = results[name]["body"] if name in results else None
    for key, place in _STEP.findall(path):
        if key and isinstance(found, dict):
            found = found.get(key)
        elif place and isinstance(found, list) and int(place) < len(found):
            found = found[int(place)]
        else:
            found = None
    if found is None or isinstance(found, dict | list):
        message = f"Invalid reference specified. No value for {name}{path} found in {name}"
        raise ApiError("PROCESSING_HALTED", message)
    return found
