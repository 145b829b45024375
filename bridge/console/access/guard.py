"""What stands between a request and its handler: who it is, what they may do, is it theirs.

Handlers run in threads, and so does the guard: nothing here waits in the event loop, which belongs
to the messages of Salesforce.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING
from urllib.parse import quote

import psycopg
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from bridge.console.access.cookies import SESSION, read_cookie
from bridge.console.access.people import find_person
from bridge.console.access.roles import Right, roles_with
from bridge.console.access.tokens import csrf_of, is_own_origin, is_same, origin_of
from bridge.console.faults import NotConnected, NotNow, NotThere, Refused
from bridge.console.headers import policy
from bridge.console.page import Visit
from bridge.console.rendering import Form
from bridge.errors import BridgeError
from bridge.log import place

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

    from bridge.console.page import Console, Page

_FORM_BYTES = 4_000_000
_SEE_OTHER = 303
_NOTHING = 204

log = logging.getLogger(__name__)


class Guard:
    """Answers one address: finds the page of the method, and lets in who may see it.

    Args:
        console: What handlers work with.
        pages: Method -> page.
    """

    def __init__(self, console: Console, pages: Mapping[str, Page]) -> None:
        self._console = console
        self._pages = pages

    async def answer(self, request: Request) -> Response:
        """Answer one request."""
        form = Form()
        if request.method == "POST":
            body = await _body(request)
            if body is None:
                visit = Visit(console=self._console, request=request)
                return _fault(visit, 413, "That is more than one form may hold.")
            form = Form.read(body)
        return await run_in_threadpool(self._answer, request, form)

    def _answer(self, request: Request, form: Form) -> Response:
        page = self._pages["GET" if request.method == "HEAD" else request.method]
        visit = Visit(console=self._console, request=request, form=form)
        try:
            visit = self._with_person(visit)
            response = self._refusal(visit, page) or page.handler(visit)
        except NotConnected:
            response = visit.page("not_connected.html")
        except NotThere:
            response = _fault(visit, 404, "There is no such page, or it is not yours to see.")
        except Refused as refused:
            response = _fault(visit, 403, str(refused))
        except NotNow as late:
            response = _fault(visit, 503, str(late))
        except BridgeError as error:
            response = _fault(visit, 409, str(error))
        except psycopg.OperationalError as error:
            log.warning("console_without_database", extra={"error": type(error).__name__})
            response = _fault(visit, 503, "The database does not answer. Try again in a minute.")
        except Exception as error:  # noqa: BLE001 -- the outermost line: a page, not a dead tab
            extra = {"error": type(error).__name__, "at": place(error), "page": page.path}
            log.error("console_fault", extra=extra)  # noqa: TRY400 -- the text may hold people's data
            response = _fault(visit, 500, "This page is broken. The server's log says where.")
        if visit.person is not None:
            response.headers["content-security-policy"] = policy(visit.person.sf_url)
        return response

    def _with_person(self, visit: Visit) -> Visit:
        token = visit.framed_token or read_cookie(visit.request, SESSION)
        if not token:
            return visit
        with self._console.database.transaction() as tx:
            person = find_person(tx, token, keeps_alive=not _is_by_itself(visit))
        if person is None:
            return visit
        return Visit(
            console=visit.console,
            request=visit.request,
            form=visit.form,
            person=person,
            token=token,
            csrf=csrf_of(token),
        )

    def _refusal(self, visit: Visit, page: Page) -> Response | None:
        """Return the answer to whoever may not do this; None where they may."""
        is_change = page.method == "POST" and not page.is_sent_from_elsewhere
        if is_change and not self._is_from_here(visit):
            raise Refused("This was not sent by a page of this console. Open it again and repeat.")
        if page.right is Right.ENTER:
            return None
        if visit.person is None:
            return Response(status_code=_NOTHING) if _is_by_itself(visit) else _log_in_first(visit)
        if page.method == "POST":
            brought = visit.form.one("csrf") or visit.request.headers.get("x-csrf-token", "")
            if not is_same(brought, visit.csrf):
                raise Refused("This page was open for too long. Open it again and repeat.")
        if visit.may(page.right):
            return None
        if not visit.person.roles:
            return visit.page("no_role.html", status=403)
        names = " or ".join(roles_with(page.right))
        mine = " and ".join(visit.person.roles)
        raise Refused(f"This needs the role {names}; yours is {mine}. Ask an administrator for it.")

    def _is_from_here(self, visit: Visit) -> bool:
        request = visit.request
        own = {origin_of(str(request.base_url))}
        if self._console.settings.public_url is not None:
            own.add(origin_of(self._console.settings.public_url))
        headers = request.headers
        return is_own_origin(headers.get("origin"), headers.get("sec-fetch-site"), frozenset(own))


def _is_by_itself(visit: Visit) -> bool:
    """Tell whether a page looks again, as it does while a run is under way: nobody has clicked."""
    headers = visit.request.headers
    is_asked = "hx-request" in headers and "hx-boosted" not in headers
    return visit.request.method == "GET" and is_asked and not _opens(visit)


def _opens(visit: Visit) -> bool:
    """Tell whether a frame asks for its first page, which takes the place of all that it shows."""
    return visit.request.headers.get("hx-target", "") == "body"


async def _body(request: Request) -> bytes | None:
    """Return the body of a form; None where it is longer than any of ours."""
    pieces = bytearray()
    async for piece in request.stream():
        pieces += piece
        if len(pieces) > _FORM_BYTES:
            return None
    return bytes(pieces)


def _log_in_first(visit: Visit) -> Response:
    request = visit.request
    if visit.framed_token:
        raise Refused("Your session has ended. Open this page in Salesforce again.")
    if request.method == "POST":
        raise Refused("Your session has ended. Log in again; what you sent was not done.")
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse(f"/login?next={quote(wanted, safe='')}", status_code=_SEE_OTHER)


_HEADS = {
    403: "Not allowed",
    404: "Not found",
    409: "Not done",
    413: "Too much",
    500: "Something broke",
    503: "Not now",
}


def _fault(visit: Visit, status: int, says: str) -> Response:
    return visit.page("fault.html", status=status, head=_HEADS[status], says=says)
