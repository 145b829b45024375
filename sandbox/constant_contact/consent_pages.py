"""The pages on which a person lets an application in: after a redirect, or by a device's code."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from sandbox.constant_contact import scopes
from sandbox.constant_contact.authorizations import DEVICE_LIFETIME_S, POLL_EVERY_S

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.requests import Request

    from sandbox.constant_contact.authorizations import Authorizations

_KEPT = (
    *("client_id", "redirect_uri", "response_type", "scope", "state"),
    *("code_challenge", "code_challenge_method", "user_code"),
)
_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>{title}</title>
<body><main><h1>{title}</h1>{content}</main></body></html>"""
_OTHER_FLOW = "The client is not authorized to use the provided grant type."
_BUTTONS = (
    '<p><button name="answer" value="allow" autofocus>Allow</button> '
    '<button name="answer" value="deny">Deny</button></p>'
)


class ConsentPages:
    """The pages of one account.

    Args:
        authorizations: What was allowed.
        is_application: Tells whether a client id is that of an application.
        now: Sandbox time in seconds since 1970.
    """

    def __init__(
        self,
        authorizations: Callable[[], Authorizations],
        is_application: Callable[[str], bool],
        now: Callable[[], float],
    ) -> None:
        self._authorizations = authorizations
        self._is_application = is_application
        self._now = now

    async def authorize(self, request: Request) -> Response:  # noqa: PLR0911 - one for each fault
        """Ask a person, and send them back with a code or an error."""
        form = await _form(request)
        asked = {**request.query_params, **form}
        fault = self._fault(asked)
        if fault is not None:
            return _page("This application cannot be authorized", f"<p>{escape(fault)}</p>", 400)
        if asked.get("response_type") != "code":
            return _back(asked, error="unsupported_response_type", text="Only code is supported.")
        settings = self._authorizations().settings
        if "code" not in settings.flows:
            return _back(asked, error="unauthorized_client", text=_OTHER_FLOW)
        if settings.fails_with is not None:
            return _back(asked, error=settings.fails_with, text="The server cannot answer now.")
        named = scopes.read(asked.get("scope", ""))
        if named is None:
            return _back(asked, error="invalid_scope", text="A scope is not known.")
        if "code_challenge" in asked and asked.get("code_challenge_method", "S256") != "S256":
            return _back(asked, error="invalid_request", text="Only S256 is supported.")
        match form.get("answer"):
            case "allow":
                code = self._authorizations().code(
                    asked["client_id"],
                    redirect_uri=asked["redirect_uri"],
                    scopes=self._authorizations().settings.given(named),
                    challenge=asked.get("code_challenge"),
                    now=self._now(),
                )
                return _back(asked, code=code)
            case "deny":
                return _back(asked, error="access_denied", text="The resource owner denied it.")
            case _:
                return _asking(asked, named)

    async def begin_device(self, request: Request) -> Response:
        """Give a device its codes."""
        form = {**request.query_params, **await _form(request)}
        named = scopes.read(form.get("scope", ""))
        if not self._is_application(form.get("client_id", "")):
            return _oauth(401, "invalid_client", "The client_id is not known.")
        if "device" not in self._authorizations().settings.flows:
            return _oauth(400, "unauthorized_client", _OTHER_FLOW)
        if named is None:
            return _oauth(400, "invalid_scope", "A scope is not known.")
        authorizations = self._authorizations()
        device_code, device = authorizations.begin_device(
            form["client_id"], authorizations.settings.given(named), self._now()
        )
        address = f"{str(request.base_url).rstrip('/')}/activate"
        complete = f"{address}?{urlencode({'user_code': device.user_code})}"
        return JSONResponse(
            {
                "device_code": device_code,
                "user_code": device.user_code,
                "verification_uri": address,
                "verification_uri_complete": complete,
                "expires_in": DEVICE_LIFETIME_S,
                "interval": POLL_EVERY_S,
            }
        )

    async def activate(self, request: Request) -> Response:
        """Let a person enter the code that a device shows, and answer."""
        form = await _form(request)
        asked = {**request.query_params, **form}
        if not asked.get("user_code"):
            field = '<label>Code <input name="user_code" autofocus></label> <button>Go on</button>'
            return _page("Activate a device", f'<form method="get">{field}</form>')
        device = self._authorizations().device_of(asked["user_code"], self._now())
        if device is None:
            return _page("Activate a device", "<p>No device waits for this code.</p>", 404)
        match form.get("answer"):
            case "allow":
                device.answer = "allow"
            case "deny":
                device.answer = "deny"
            case _:
                return _asking(asked, device.scopes)
        return _page("Activate a device", "<p>Done: go back to your device.</p>")

    def _fault(self, asked: Mapping[str, str]) -> str | None:
        if not self._is_application(asked.get("client_id", "")):
            return "client_id: no application has this id"
        if not self._authorizations().allows(asked.get("redirect_uri", "")):
            return "redirect_uri: not one of those registered for the application"
        return None


def _asking(asked: Mapping[str, str], named: tuple[str, ...]) -> Response:
    fields = "".join(
        f'<input type="hidden" name="{name}" value="{escape(asked[name])}">'
        for name in _KEPT
        if name in asked
    )
    wanted = "".join(f"<li>{escape(scope)}</li>" for scope in named)
    content = f'<p>It asks for:</p><ul>{wanted}</ul><form method="post">{fields}{_BUTTONS}</form>'
    return _page("Allow access to your account?", content)


def _page(title: str, content: str, status: int = 200) -> Response:
    return HTMLResponse(_PAGE.format(title=title, content=content), status_code=status)


def _back(
    asked: Mapping[str, str], *, code: str | None = None, error: str = "", text: str = ""
) -> Response:
    answer = {"code": code} if code else {"error": error, "error_description": text}
    if asked.get("state"):
        answer["state"] = asked["state"]
    address = asked["redirect_uri"]
    sign = "&" if "?" in address else "?"
    return RedirectResponse(f"{address}{sign}{urlencode(answer)}", status_code=302)


def _oauth(status: int, error: str, text: str) -> Response:
    return JSONResponse({"error": error, "error_description": text}, status)


async def _form(request: Request) -> dict[str, str]:
    return dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
