"""simple-salesforce: its ways to log in, with the address of the login host led to the sandbox."""

import json
import os
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from simple_salesforce import Salesforce, exceptions

PLACE = json.loads(os.environ["SANDBOX"])
OURS = PLACE["salesforce"]


class ToTheSandbox(HTTPAdapter):
    """Sends what is meant for a host of Salesforce to the sandbox."""

    def send(self, request, **more):
        parts = urlsplit(request.url)
        request.url = (
            PLACE["salesforce_url"] + parts.path + ("?" + parts.query if parts.query else "")
        )
        return super().send(request, **more)


session = requests.Session()
session.mount("https://", ToTheSandbox())
soap = Salesforce(
    username=OURS["username"],
    password=OURS["password"],
    security_token=OURS["security_token"],
    session=session,
    version="59.0",  # the library's own default; SOAP's login() ended with 64.0
)
assert soap.query("SELECT Id FROM Organization")["totalSize"] == 1
credentials = Salesforce(
    consumer_key=OURS["consumer_key"],
    consumer_secret=OURS["consumer_secret"],
    domain="harbourlane-dev-ed.my",
    session=session,
    version="66.0",
)
assert credentials.query("SELECT Id FROM Organization")["totalSize"] == 1
direct = Salesforce(
    session_id=OURS["access_token"], instance_url=PLACE["salesforce_url"], version="66.0"
)
assert direct.query("SELECT Id FROM Organization")["totalSize"] == 1
for wrong in (
    {"username": OURS["username"], "password": "wrong", "security_token": ""},
    {"consumer_key": OURS["consumer_key"], "consumer_secret": "wrong", "domain": "harbourlane.my"},
):
    try:
        Salesforce(**wrong, session=session, version="59.0")
    except exceptions.SalesforceAuthenticationFailed as error:
        assert error.code, error
    else:
        raise AssertionError(f"logged in with {wrong}")
print("SOAP, client credentials and a session; two refusals")
