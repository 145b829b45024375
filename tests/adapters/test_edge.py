"""The reverse proxies of the documentation, as real programs in front of a real server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests

from tests.adapters.edging import PROXIES, SALESFORCE, Authority, is_installed, proxy
from tests.outbound import message, notification

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.fix_inbox import RunningReceiver

FORGED = {"X-Forwarded-For": "203.0.113.7", "Forwarded": "for=203.0.113.7"}


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Whose certificates the proxy trusts."""
    return Authority.make(tmp_path_factory.mktemp("trusted"), "authority")


@pytest.fixture(params=sorted(PROXIES))
def name(request: pytest.FixtureRequest) -> str:
    """One of the proxies."""
    name = str(request.param)
    if not is_installed(name):
        package = "nginx-light" if name == "nginx" else name
        pytest.skip(f"NOT CHECKED: docs/edge, for there is no {name}: apt-get install {package}")
    return name


@pytest.fixture
def edge(
    name: str, receiver: RunningReceiver, authority: Authority, tmp_path: Path
) -> Iterator[str]:
    """A proxy in front of the server."""
    backend = receiver.url.removeprefix("http://")
    with proxy(name, tmp_path, authority, backend) as url:
        yield url


def post(
    url: str, authority: Authority, certificate: tuple[str, str] | None, body: str | None = None
) -> int | None:
    """Post a message as Salesforce would; return the status, None where TLS ends before."""
    with requests.Session() as session:
        session.trust_env = False
        session.verify = str(authority.file)
        session.cert = certificate
        headers = {"Content-Type": "text/xml; charset=UTF-8", "SOAPAction": '""'} | FORGED
        content = (body or message(notification())).encode()
        try:
            return session.post(url, data=content, headers=headers, timeout=10).status_code
        except requests.exceptions.SSLError:
            return None
        except requests.exceptions.ConnectionError as error:
            if "alert" in str(error) or "reset" in str(error) or "ECONNRESET" in str(error):
                return None
            raise


def get(url: str, authority: Authority) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        session.verify = str(authority.file)
        return session.get(url, timeout=10, allow_redirects=False)


def everything_logged(folder: Path) -> str:
    logs = [folder / name for name in ("log", "error.log", "access.log")]
    return "\n".join(path.read_text(errors="replace") for path in logs if path.exists())


def test_a_message_with_salesforces_certificate_arrives_and_nobody_forges_its_sender(
    edge: str, receiver: RunningReceiver, authority: Authority
) -> None:
    assert post(edge + receiver.path, authority, authority.issue(SALESFORCE)) == 200
    [stored] = receiver.messages()
    assert str(stored["from_address"]) in {"127.0.0.1", "::1"}


def test_nobody_else_reaches_the_endpoint(
    edge: str,
    receiver: RunningReceiver,
    authority: Authority,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    other = Authority.make(tmp_path_factory.mktemp("other"), "other")
    strangers = [
        None,
        authority.issue("evil.example.org"),
        authority.issue(f"x{SALESFORCE}"),
        authority.issue(f"{SALESFORCE}.evil.example.org"),
        authority.issue("evil.example.org", organization=f"x,CN={SALESFORCE}"),
        other.issue(SALESFORCE),
    ]
    answers = [post(edge + receiver.path, authority, stranger) for stranger in strangers]
    assert {*answers} <= {None, 400, 403}
    assert receiver.messages() == []


def test_a_message_that_is_too_long_ends_at_the_proxy(
    edge: str, receiver: RunningReceiver, authority: Authority
) -> None:
    certificate = authority.issue(SALESFORCE)
    long = message(notification(fields={"Description": "x" * 11_000_000}))
    assert post(edge + receiver.path, authority, certificate, long) == 413
    assert receiver.messages() == []


def test_people_reach_the_console_without_a_certificate_and_operations_stay_inside(
    edge: str, authority: Authority
) -> None:
    page = get(f"{edge}/", authority)
    assert page.status_code in {200, 303}
    assert "max-age" in page.headers["strict-transport-security"]  # it knows that it was TLS
    inside = ("/metrics", "/healthz", "/readyz", "/clock")
    assert {get(edge + path, authority).status_code for path in inside} == {404}


def test_the_secret_of_the_path_is_in_no_log(
    edge: str, receiver: RunningReceiver, authority: Authority, tmp_path: Path
) -> None:
    certificate = authority.issue(SALESFORCE)
    post(edge + receiver.path, authority, certificate)
    post(edge + receiver.path, authority, None)
    post(edge + receiver.path, authority, certificate, "x" * 11_000_000)
    secret = receiver.path.rpartition("/")[2]
    assert secret not in everything_logged(tmp_path)


def test_an_address_that_is_not_listed_is_refused_and_a_dead_server_is_no_leak(
    name: str, receiver: RunningReceiver, authority: Authority, tmp_path: Path
) -> None:
    certificate = authority.issue(SALESFORCE)
    backend = receiver.url.removeprefix("http://")
    with proxy(name, tmp_path, authority, backend, refused_address="127.0.0.1") as url:
        assert post(url + receiver.path, authority, certificate) == 403
    assert receiver.messages() == []
    with proxy(name, tmp_path, authority, "127.0.0.1:9") as url:
        assert post(url + receiver.path, authority, certificate) == 502
    assert receiver.path.rpartition("/")[2] not in everything_logged(tmp_path)
