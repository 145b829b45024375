"""Style sheets and the script, served from memory under addresses that name their content.

An address that names the content may be kept for ever: another content has another address.
"""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from starlette.responses import Response

from bridge.console.faults import NotThere

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bridge.console.page import Visit

_TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8"}
_NAMES = ("slds.css", "console.css", "htmx.js", "console.js", "memberships.js")
_FOR_EVER = "public, max-age=31536000, immutable"
_NOT_MODIFIED = 304


@dataclass(frozen=True, slots=True)
class Asset:
    """A file that pages refer to."""

    digest: str
    kind: str
    content: bytes
    packed: bytes


@cache
def assets() -> Mapping[str, Asset]:
    """Return the files by name."""
    return {name: _read(name) for name in _NAMES}


def asset_path(name: str) -> str:
    """Return the address of a file."""
    return f"/assets/{assets()[name].digest}/{name}"


def serve_asset(visit: Visit) -> Response:
    """Answer with a file, or with the word that the browser's copy is still good."""
    name, digest = visit.request.path_params["name"], visit.request.path_params["digest"]
    asset = assets().get(name)
    if asset is None or asset.digest != digest:
        raise NotThere
    headers = {
        "cache-control": _FOR_EVER,
        "etag": f'"{digest}"',
        "vary": "Accept-Encoding",
    }
    if visit.request.headers.get("if-none-match") == headers["etag"]:
        return Response(status_code=_NOT_MODIFIED, headers=headers)
    content = asset.content
    if "gzip" in visit.request.headers.get("accept-encoding", ""):
        content = asset.packed
        headers["content-encoding"] = "gzip"
    return Response(content, media_type=asset.kind, headers=headers)


def _read(name: str) -> Asset:
    content = files("bridge.console").joinpath("assets", name).read_bytes()
    return Asset(
        digest=hashlib.sha256(content).hexdigest()[:20],
        kind=_TYPES[name.rpartition(".")[2]],
        content=content,
        packed=gzip.compress(content, mtime=0),
    )
