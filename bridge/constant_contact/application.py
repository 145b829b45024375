"""How an API application says who it is at the token end point: with a secret, or without."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def proof(client: Mapping[str, str]) -> tuple[tuple[str, str] | None, dict[str, str]]:
    """Return what a token request carries: the credentials of its header, parameters beside.

    An application of the PKCE or the device flow has no secret and names itself in the body
    (developer guide, "pkce_flow").

    >>> proof({"client_id": "id", "client_secret": "s"})
    (('id', 's'), {})
    >>> proof({"client_id": "id", "client_secret": ""})
    (None, {'client_id': 'id'})
    """
    if client.get("client_secret"):
        return (client["client_id"], client["client_secret"]), {}
    return None, {"client_id": client["client_id"]}
