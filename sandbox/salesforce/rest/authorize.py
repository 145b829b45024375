"""The page on which a person logs in and lets an application act for them (web server flow)."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

from starlette.responses import HTMLResponse, RedirectResponse, Response

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

    from sandbox.salesforce.grants import Grants
    from sandbox.salesforce.login import Application
    from sandbox.salesforce.rest.calls import Api
    from sandbox.salesforce.rest.oauth import Endpoint

_KEPT = (
    *("response_type", "client_id", "redirect_uri", "scope", "state"),
    *("code_challenge", "code_challenge_method", "nonce"),
)
_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Allow access?</title>
<body><main><h1>Allow access?</h1>
<p>An application asks to act for you in {org}.</p>
<form method="post"><label>User <select name="user_id">{users}</select></label>
{fields}<p><button name="answer" value="allow" autofocus>Allow</button>
<button name="answer" value="deny">Deny</button></p></form></main></body></html>"""
_ERROR = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>OAuth error</title>
<body><main><h1>OAuth error</h1>
<p>error={error}&amp;error_description={text}</p></main></body></html>"""


def authorize_endpoint(api: Api, application: Application, grants: Grants) -> Endpoint:
    """Return the endpoint that shows the page, and sends the person back with a code."""

    async def authorize(request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
        asked = {**request.query_params, **form}
        refused = _refusal(application, grants, asked)
        if refused is not None:
            return refused
        with api.org.lock:
            users = {
                str(row["Id"]): str(row["Name"])
                for row in api.org.tables["User"]
                if not row["IsDeleted"]
            }
            back = {"state": asked["state"]} if asked.get("state") else {}
            if form.get("answer") == "deny":
                denied = {"error": "access_denied", "error_description": "end-user denied"}
                return _back(asked, denied | back)
            if form.get("answer") == "allow" and form.get("user_id") in users:
                code = grants.code(
                    form["user_id"],
                    redirect_uri=asked["redirect_uri"],
                    scope=asked.get("scope", "api"),
                    challenge=asked.get("code_challenge"),
                    nonce=asked.get("nonce"),
                )
                return _back(asked, {"code": code} | back)
        return HTMLResponse(_page(asked, users))

    return authorize


def _refusal(application: Application, grants: Grants, asked: Mapping[str, str]) -> Response | None:
    if asked.get("client_id") != application.consumer_key:
        return _error("invalid_client_id", "client identifier invalid")
    if not grants.allows(asked.get("redirect_uri", "")):
        return _error("redirect_uri_mismatch", "redirect_uri must match configuration")
    if asked.get("response_type") != "code":
        return _error("unsupported_response_type", "response type not supported")
    if "code_challenge" in asked and asked.get("code_challenge_method", "S256") != "S256":
        return _error("invalid_request", "code challenge method not supported")
    return None


def _error(error: str, text: str) -> Response:
    return HTMLResponse(_ERROR.format(error=escape(error), text=escape(text)), status_code=400)


def _back(asked: Mapping[str, str], answer: Mapping[str, str]) -> Response:
    address = asked["redirect_uri"]
    sign = "&" if "?" in address else "?"
    return RedirectResponse(f"{address}{sign}{urlencode(answer)}", status_code=302)


def _page(asked: Mapping[str, str], users: Mapping[str, str]) -> str:
    options = "".join(
        f'<option value="{escape(user_id)}">{escape(name)}</option>'
        for user_id, name in users.items()
    )
    fields = "".join(
        f'<input type="hidden" name="{name}" value="{escape(asked[name])}">'
        for name in _KEPT
        if name in asked
    )
    return _PAGE.format(org="the sandbox", users=options, fields=fields)
