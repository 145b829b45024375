"""A real reverse proxy with the project's configuration, and certificates to meet it with."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path(__file__).parents[2] / "docs" / "edge"
SALESFORCE = "salesforce.example.org"
PROXIES = {"nginx": "/usr/sbin/nginx", "caddy": "/usr/bin/caddy"}
_HOST = "bridge.example.org"
_START_S = 15.0
_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Authority:
    """A certificate authority of one test run, which writes what it issues to a folder."""

    folder: Path
    name: str
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @classmethod
    def make(cls, folder: Path, name: str) -> Authority:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = _builder(subject, subject, key).add_extension(
            x509.BasicConstraints(ca=True, path_length=1), critical=True
        )
        authority = cls(folder, name, key, builder.sign(key, hashes.SHA256()))
        authority.file.write_bytes(authority.certificate.public_bytes(serialization.Encoding.PEM))
        return authority

    @property
    def file(self) -> Path:
        return self.folder / f"{self.name}.pem"

    def issue(self, name: str, *, organization: str = "Example") -> tuple[str, str]:
        """Return the files of a certificate and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        attributes = [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
        usages = [ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH]
        builder = _builder(x509.Name(attributes), self.certificate.subject, key)
        builder = builder.add_extension(
            x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False
        ).add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        certificate = builder.sign(self.key, hashes.SHA256())
        stem = self.folder / f"{self.name}-{len(list(self.folder.iterdir()))}"
        stem.with_suffix(".crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        stem.with_suffix(".key").write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return str(stem.with_suffix(".crt")), str(stem.with_suffix(".key"))


class _Scene(NamedTuple):
    """What a configuration is written for."""

    folder: Path
    authority: Path
    certificate: tuple[str, str]
    backend: str
    port: int
    refused_address: str


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)  # noqa: TID251 -- TLS reads the real clock
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _DAY)
        .not_valid_after(now + _DAY)
    )


@contextmanager
def proxy(
    name: str, folder: Path, authority: Authority, backend: str, *, refused_address: str = ""
) -> Iterator[str]:
    """Run a proxy in front of a backend (host:port), and give its address.

    What it logs goes to `FOLDER/log`.
    """
    port = _free_port()
    certificate = authority.issue("localhost")
    write = _write_nginx if name == "nginx" else _write_caddy
    scene = _Scene(folder, authority.file, certificate, backend, port, refused_address)
    arguments = write(scene)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 -- the program that is tested
            [PROXIES[name], *arguments],
            stdout=log,
            stderr=log,
            env=os.environ | {"XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)},
        )
        try:
            _wait(port, process, folder / "log")
            yield f"https://localhost:{port}"
        finally:
            process.terminate()
            process.wait(_START_S)


def is_installed(name: str) -> bool:
    return shutil.which(PROXIES[name]) is not None


def _write_nginx(scene: _Scene) -> list[str]:
    folder = scene.folder
    text = (FOLDER / "nginx.conf").read_text(encoding="utf-8")
    addresses = (FOLDER / "addresses.conf").read_text(encoding="utf-8")
    if scene.refused_address:
        addresses = addresses.replace("allow all;", f"deny {scene.refused_address};\nallow all;")
    (folder / "addresses.conf").write_text(addresses)
    for old, new in {
        "127.0.0.1:8080": scene.backend,
        "listen 443 ssl": f"listen {scene.port} ssl",
        "listen 80": f"listen {_free_port()}",
        _HOST: "localhost",
        "/etc/ssl/bridge/fullchain.pem": scene.certificate[0],
        "/etc/ssl/bridge/key.pem": scene.certificate[1],
        "/etc/ssl/bridge/salesforce-ca.pem": str(scene.authority),
        "/etc/nginx/bridge-addresses.conf": str(folder / "addresses.conf"),
        "/var/log/nginx/bridge.log": str(folder / "error.log"),
    }.items():
        assert old in text, old
        text = text.replace(old, new)
    (folder / "site.conf").write_text(text)
    temporary = "\n".join(
        f"{kind}_temp_path {folder}/{kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off; master_process off; pid {folder}/pid; error_log stderr error;\n"
        f"events {{}}\nhttp {{ access_log {folder}/access.log;\n{temporary}\n"
        f"include {folder}/site.conf; }}\n"
    )
    return ["-p", str(folder), "-c", str(folder / "nginx.conf")]


def _write_caddy(scene: _Scene) -> list[str]:
    folder = scene.folder
    text = (FOLDER / "Caddyfile").read_text(encoding="utf-8")
    for old, new in {
        "127.0.0.1:8080": scene.backend,
        "admin off": "admin off\n\tauto_https disable_redirects",
        f"{_HOST} {{": f"https://localhost:{scene.port} {{",
        "\ttls {": f"\ttls {scene.certificate[0]} {scene.certificate[1]} {{",
        "/etc/ssl/bridge/salesforce-ca.pem": str(scene.authority),
        "0.0.0.0/0 ::/0": "10.0.0.0/8" if scene.refused_address else "0.0.0.0/0 ::/0",
    }.items():
        assert old in text, old
        text = text.replace(old, new)
    (folder / "Caddyfile").write_text(text)
    return ["run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")]


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    return port


def _wait(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_S
    while True:
        assert process.poll() is None, log.read_text(errors="replace")
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            assert time.monotonic() < deadline, log.read_text(errors="replace")
            time.sleep(0.02)
        else:
            return
