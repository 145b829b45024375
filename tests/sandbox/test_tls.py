"""The stand-ins over TLS: an authority of this run alone, gone with it."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests

from tests.fix_sandbox import start_sandbox, stop_sandbox


def test_both_stand_ins_are_trusted_through_the_authority_that_is_told() -> None:
    process, line = start_sandbox("--tls", "--size", "empty")
    ca_file = Path(line["ca_file"])
    try:
        with requests.Session() as session:
            session.trust_env = False
            session.verify = str(ca_file)
            versions = session.get(f"{line['salesforce_url']}/services/data", timeout=10)
            assert versions.status_code == 200
            for host in ("127.0.0.1", "localhost"):
                url = line["constant_contact_url"].replace("127.0.0.1", host)
                assert session.get(f"{url}/contacts", timeout=10).status_code == 401
            session.verify = True
            with pytest.raises(requests.exceptions.SSLError):
                session.get(line["constant_contact_url"], timeout=10)
        assert line["control_url"].startswith("http://")
    finally:
        stop_sandbox(process)
    assert not ca_file.parent.exists()


def test_a_dropped_answer_is_dropped_over_tls_too() -> None:
    process, line = start_sandbox("--tls", "--size", "empty")
    try:
        fault = {"side": "constant_contact", "kind": "drop_after", "observer": True}
        requests.put(f"{line['control_url']}/faults", json=[fault], timeout=10).raise_for_status()
        with requests.Session() as session:
            session.trust_env = False
            session.verify = line["ca_file"]
            with pytest.raises(requests.exceptions.ConnectionError):
                session.get(f"{line['constant_contact_url']}/contacts", timeout=10)
    finally:
        stop_sandbox(process)
