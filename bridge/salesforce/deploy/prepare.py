"""What a package is made of, gathered: the mapping, the endpoint, and what Salesforce says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from bridge.connections.store import load_connection, read_endpoints
from bridge.connections.wire import is_loopback
from bridge.errors import ConfigurationError, NotFoundRemotely
from bridge.mapping.compiled import load_mapping, read_files
from bridge.mapping.versions import active
from bridge.salesforce.package.messages import messages_of
from bridge.salesforce.package.model import Known, Options

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from bridge.connections.keyring import KeyRing
    from bridge.connections.model import Connection
    from bridge.db.database import Database
    from bridge.mapping.model import Mapping as ActiveMapping
    from bridge.salesforce.client import Salesforce
    from bridge.salesforce.package.model import FlowStatus
    from bridge.settings import Settings

_DEFAULT_PROFILE = "practifi"
_LONGEST_COMPARED = 255
"""Characters of the longest text of which a flow can ask whether it has changed."""

_NOT_COMPARED = frozenset({"address", "base64", "encryptedstring", "location"})


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a command was asked for.

    Attributes:
        connection: Its name.
        public_url: Where Salesforce reaches the server; None: what the settings say.
        send_as: The user whom messages are sent as; None: the bridge's own.
    """

    connection: str
    public_url: str | None = None
    send_as: str | None = None
    api_version: str | None = None
    canvas_app: str | None = None
    flow_status: FlowStatus = "Active"


@dataclass(frozen=True, kw_only=True)
class Ground:
    """What the installation itself knows of a connection: no call was made for it."""

    connection: Connection
    mapping: ActiveMapping
    endpoint_path: str
    public_url: str

    def options(self, asked: Asked, send_as: str, known: Known) -> Options:
        """Return the options of the package."""
        return Options(
            endpoint_url=self.public_url + self.endpoint_path,
            console_url=self.public_url,
            send_as=asked.send_as or send_as,
            api_version=asked.api_version or self.connection.sf_api_version,
            flow_status=asked.flow_status,
            canvas_app=asked.canvas_app,
            known=known,
        )


def gather(database: Database, keyring: KeyRing, settings: Settings, asked: Asked) -> Ground:
    """Return what the installation knows.

    Raises:
        ConfigurationError: If there is no such connection, no address, or the mapping has faults.
    """
    with database.transaction() as tx:
        connection = load_connection(tx, asked.connection)
        in_force = active(tx, connection.id)
        endpoint = next(
            one for one in read_endpoints(tx, keyring) if one.connection_id == connection.id
        )
    if in_force is not None:
        mapping = in_force.mapping
    else:
        mapping = load_mapping(
            read_files(settings.mappings),
            profile=connection.profile or _DEFAULT_PROFILE,
            overrides=connection.particulars,
        )
    return Ground(
        connection=connection,
        mapping=mapping,
        endpoint_path=endpoint.path,
        public_url=_public_url(
            asked.public_url or settings.public_url or _beside(connection, settings)
        ),
    )


def look(salesforce: Salesforce, mapping: ActiveMapping) -> Known:
    """Ask Salesforce about the fields that the package names.

    Raises:
        RemoteError: If it does not say.
    """
    names = mapping.names
    objects = {one.object for one in messages_of(mapping)} | {names.interaction.object}
    described = describe(salesforce, objects)
    return Known(
        computed=frozenset(
            f"{name}.{field['name']}"
            for name, fields in described.items()
            for field in fields
            if _is_computed(field)
        ),
        permissionable=frozenset(
            f"{name}.{permission}"
            for name, fields in described.items()
            for field in fields
            if field.get("permissionable")
            for permission in _permissions(field)
        ),
    )


def describe(
    salesforce: Salesforce, objects: Collection[str]
) -> dict[str, list[Mapping[str, Any]]]:
    """Return the fields of those objects that are there, as the bridge's user sees them."""
    found = {}
    for name in sorted(objects):
        try:
            found[name] = salesforce.describe(name)["fields"]
        except NotFoundRemotely:
            continue
    return found


def _is_computed(field: Mapping[str, Any]) -> bool:
    if field.get("calculated") or field.get("type") in _NOT_COMPARED:
        return True
    return field.get("type") == "textarea" and int(field.get("length") or 0) > _LONGEST_COMPARED


def _permissions(field: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what permission sets call a field: a part of an address gives access to all of it."""
    whole = str(field.get("compoundFieldName") or "")
    name = str(field["name"])
    return (name, whole) if whole.endswith("Address") else (name,)


def _beside(connection: Connection, settings: Settings) -> str | None:
    """Return where a stand-in on this machine reaches the server; None for a real organization."""
    host = urlsplit(connection.sf_url or "").hostname
    return f"http://{settings.listen}" if host is not None and is_loopback(host) else None


def _public_url(url: str | None) -> str:
    """Return scheme and host, without a slash at the end.

    Raises:
        ConfigurationError: If it is none that Salesforce posts to.
    """
    advice = "set BRIDGE_PUBLIC_URL, or give --public-url https://HOST"
    if url is None:
        raise ConfigurationError(f"where Salesforce reaches the server is not known: {advice}")
    if not _takes_posts(url):
        raise ConfigurationError(f"{url!r} is no address that Salesforce posts to: {advice}")
    return url.rstrip("/")


def _takes_posts(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if host is None or parts.query or parts.fragment:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
