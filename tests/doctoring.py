"""A set-up in which everything is well, and ways to break it that a firm has met."""

from __future__ import annotations

import json
import ssl
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import requests
from pydantic import SecretStr

from bridge.connections.credentials import read_credentials, set_credentials
from bridge.connections.keyring import open_keyring
from bridge.connections.store import (
    add_connection,
    load_connection,
    read_endpoints,
    set_profile,
)
from bridge.doctor.cli import examine
from bridge.doctor.look import look_at
from bridge.mapping.compiled import read_files
from bridge.mapping.versions import activate
from tests.unit.mapping_builders import without_tests

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.connections.keyring import KeyRing
    from bridge.connections.model import Connection
    from bridge.db.database import Database
    from bridge.doctor.findings import Finding
    from bridge.settings import Settings
    from sandbox.certificates import Certificates
    from tests.fix_sandbox import RunningSandbox

MAPPINGS = Path(__file__).parents[1] / "mappings"
KEY = "x" * 43 + "="
_CALLBACK = "http://localhost:8400/callback"


@dataclass
class Ward:
    """A bridge with the connection `firm`, as it is before the doctor comes.

    Attributes:
        files: Name -> text of the mapping in force.
    """

    sandbox: RunningSandbox
    database: Database
    settings: Settings
    keyring: KeyRing
    files: dict[str, str] = field(default_factory=dict)

    @property
    def connection(self) -> Connection:
        """The connection as it is stored now."""
        with self.database.transaction() as tx:
            return load_connection(tx, "firm")

    @property
    def address(self) -> str:
        """Where Salesforce posts to, with the secret."""
        with self.database.transaction() as tx:
            (endpoint,) = read_endpoints(tx, self.keyring)
        return f"{self.settings.public_url}{endpoint.path}"

    def examine(self) -> list[Finding]:
        """Look at everything, as the command does."""
        return list(examine(self.settings))

    def look(self) -> tuple[Finding, ...]:
        """Look at the connection alone."""
        return look_at(self.connection, self.database, self.keyring, self.settings).findings

    def set(self, **changed: Any) -> None:
        """Change settings of the installation."""
        self.settings = self.settings.model_copy(update=changed)

    def do(self, statement: str, **values: Any) -> None:
        """Change the database."""
        with self.database.transaction() as tx:
            tx.execute(statement, values or None)

    def names(self, **names: str | None) -> None:
        """Let the connection's names differ from the profile's: `contact__cc_id="X__c"`."""
        given = {name.replace("__", ".", 1): value for name, value in names.items()}
        self.do("UPDATE connection SET object_names = %(names)s::jsonb", names=json.dumps(given))

    def mapping(self, name: str, old: str, new: str) -> None:
        """Put mapping files to work in which a text stands instead of another."""
        assert old in self.files[name]
        self.files[name] = without_tests(self.files[name]).replace(old, new, 1)
        folder = self.settings.data_dir.parent / "mappings"
        folder.mkdir()
        for each, text in self.files.items():
            (folder / each).write_text(text)
        self.set(mappings=folder)
        with self.database.transaction() as tx:
            activate(tx, self.connection.id, self.files, by="test")

    def setup(self, **asked: Any) -> None:
        """Change the organization, as its administrator does."""
        self.sandbox.control("POST", "/salesforce/setup", asked)

    def field(self, name: str, **what: Any) -> None:
        """Change a field of the organization."""
        self.setup(fields={name: what})

    def policy(self, **asked: Any) -> None:
        """Switch what the organization decides."""
        self.sandbox.control("PUT", "/salesforce/policy", asked)

    def account_policy(self, **asked: Any) -> None:
        """Switch what the account decides."""
        self.sandbox.control("PUT", "/constant-contact/policy", asked)

    def deploy(self, name: str, **what: Any) -> None:
        """Deploy an outbound message of Contact anew; what is left out stays as it is well."""
        listed = self.sandbox.control("GET", "/salesforce/definitions")
        known = next(one for one in listed if one["full_name"] == f"Contact.{name}")
        given = {
            "fields": known["fields"],
            "endpoint": self.address,
            "version": "66.0",
            "session": "false",
        } | what
        fields = "".join(f"<fields>{each}</fields>" for each in given["fields"])
        token = self.sandbox.line["observer"]["salesforce_access_token"]
        body = f"""<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"
            xmlns="http://soap.sforce.com/2006/04/metadata"
            xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><e:Header><SessionHeader>
            <sessionId>{token}</sessionId></SessionHeader></e:Header><e:Body><upsertMetadata>
            <metadata xsi:type="WorkflowOutboundMessage"><fullName>Contact.{name}</fullName>
            <apiVersion>{given["version"]}</apiVersion>
            <endpointUrl>{given["endpoint"]}</endpointUrl>{fields}
            <includeSessionId>{given["session"]}</includeSessionId>
            <integrationUser>{known["integration_user"]}</integrationUser><name>{name}</name>
            <protected>false</protected></metadata></upsertMetadata></e:Body></e:Envelope>"""
        answer = self.sandbox.session.post(
            f"{self.sandbox.line['salesforce_url']}/services/Soap/m/66.0",
            data=body.encode(),
            headers={"Content-Type": "text/xml", "SOAPAction": '""'},
            timeout=20,
        )
        assert "<success>true</success>" in answer.text, answer.text
        self.record()

    def record(self) -> None:
        """Record the field lists of what is deployed."""
        deployed = self.sandbox.control("GET", "/salesforce/definitions")
        with self.database.transaction() as tx, tx.cursor() as cursor:
            cursor.execute("DELETE FROM outbound_definition")
            cursor.executemany(
                "INSERT INTO outbound_definition (connection_id, action_id, version, object, "
                "fields, in_force_from, lane) SELECT id, %(action_id)s, 1, %(object)s, %(fields)s, "
                "now() - interval '1 hour', %(lane)s FROM connection",
                [one | {"lane": 0 if "Consent" in one["name"] else 2} for one in deployed],
            )

    def authorise(self, scopes: str) -> None:
        """Let the account's user allow the application these scopes only."""
        login = self.sandbox.line["constant_contact"]
        server = f"{self.sandbox.line['constant_contact_auth_url']}/oauth2/default/v1"
        asked = {"response_type": "code", "client_id": login["client_id"], "scope": scopes}
        back = requests.post(
            f"{server}/authorize",
            params=asked | {"redirect_uri": _CALLBACK},
            data={"answer": "allow"},
            timeout=20,
            allow_redirects=False,
        )
        (code,) = parse_qs(urlsplit(back.headers["location"]).query)["code"]
        pair = requests.post(
            f"{server}/token",
            data={"grant_type": "authorization_code", "code": code, "redirect_uri": _CALLBACK},
            auth=(login["client_id"], login["client_secret"]),
            timeout=20,
        ).json()
        tokens = {name: pair[name] for name in ("access_token", "refresh_token")}
        self.credentials(constant_contact=login | tokens)

    def credentials(self, **parts: Any) -> None:
        """Store credentials of which parts are others."""
        line = dict(self.sandbox.line) | parts
        with self.database.transaction() as tx:
            credentials = read_credentials(json.dumps(line))
            set_credentials(tx, self.keyring, self.connection.id, credentials)

    def back_up(self, age: str) -> None:
        """Note a backup of some age."""
        with self.database.transaction() as tx:
            tx.execute("DELETE FROM backup")
            tx.execute(
                "INSERT INTO backup (taken_at, took_s, path, bytes, digest, schema_version, "
                "with_keys, made_by) VALUES (now() - %s::interval, 1, 'b', 1, 'd', 1, false, 't')",
                (age,),
            )


def a_ward(
    sandbox: RunningSandbox, database: Database, settings: Settings, public_url: str
) -> Ward:
    """Set everything up as it should be."""
    sandbox.lift_limits()
    settings = settings.model_copy(
        update={
            "keys": SecretStr(KEY.replace("x", "A")),
            "mappings": MAPPINGS,
            "public_url": public_url,
            "alert_webhook": SecretStr("https://chat.example.com/hook"),
            "http_timeout_s": 5.0,
        }
    )
    keyring = open_keyring(settings)
    files = read_files(MAPPINGS)
    with database.transaction() as tx:
        connection = add_connection(tx, keyring, "firm", sandbox.line["organization_id"])
        credentials = read_credentials(json.dumps(sandbox.line))
        set_credentials(tx, keyring, connection.id, credentials)
        set_profile(tx, connection.id, "practifi")
        activate(tx, connection.id, files, by="test")
        tx.execute("UPDATE api_application SET gap_ms = 0, day_limit = 10000")
        tx.execute("INSERT INTO dramatiq.worker VALUES (gen_random_uuid(), now())")
    ward = Ward(
        sandbox=sandbox, database=database, settings=settings, keyring=keyring, files=dict(files)
    )
    sandbox.control("PUT", "/salesforce/endpoint", {"url": ward.address})
    ward.record()
    ward.back_up("1 hour")
    return ward


@contextmanager
def answering(certificates: Certificates, words: str = "ok\n") -> Iterator[str]:
    """Answer every page with the same words by TLS, and yield the address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(words)))
            self.end_headers()
            self.wfile.write(words.encode())

        def log_message(self, *_args: object) -> None:
            pass

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.certificate_file, certificates.key_file)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    # Each handshake is its own thread's: a client that refuses it ends no server.
    server.socket = context.wrap_socket(
        server.socket, server_side=True, do_handshake_on_connect=False
    )
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"https://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
