"""Every reason for which connecting fails: one sentence, one action. Pure.

docs/connect.md has the same table, with the test of each; tests/docs compares them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from bridge.errors import SetupRefused, SetupUnavailable

if TYPE_CHECKING:
    from collections.abc import Mapping

CONSTANT_CONTACT, SALESFORCE = "constant_contact", "salesforce"
TITLES = {CONSTANT_CONTACT: "Constant Contact", SALESFORCE: "Salesforce"}


class Cause(NamedTuple):
    """A reason; what stands in braces is filled in.

    Attributes:
        is_outage: It may pass by itself: exit code 5.
    """

    says: str
    do: str
    is_outage: bool = False


GENERAL: Mapping[str, Cause] = {
    "unreachable": Cause(
        "{system} does not answer at {host} ({reason}).",
        "Let this machine reach {host}, if need be through the proxy that HTTPS_PROXY names, and "
        "run the command again.",
        is_outage=True,
    ),
    "tls": Cause(
        "The certificate of {host} is not trusted here.",
        "Correct the address; where a proxy opens TLS, name its authority's file in "
        "REQUESTS_CA_BUNDLE.",
        is_outage=True,
    ),
    "stranger": Cause(
        "What answers at {host} is not {system} ({words}).",
        "Correct the address, or have the proxy between let {host} through.",
        is_outage=True,
    ),
    "busy": Cause(
        "{system} takes no more calls at present ({words}).",
        "Wait some minutes, and run the command again.",
        is_outage=True,
    ),
    "clock": Cause(
        "The clock here is {seconds} s {way} that of {system}.",
        "Set the clock of this machine by NTP, and run the command again.",
    ),
    "unanswered": Cause(
        "{what} is not known, and there is no terminal to ask at.",
        "Give {option}.",
    ),
    "unconfirmed": Cause(
        "Nothing was stored: {what} was not confirmed.",
        "Run the command again and answer y, or give --yes.",
    ),
    "no_connection": Cause(
        "There is no connection {name} yet.",
        "Begin with its organization: `bridge connect salesforce {name}`.",
    ),
}

OF_CONSTANT_CONTACT: Mapping[str, Cause] = {
    "cc_key": Cause(
        "Constant Contact knows no application with this client id.",
        "Copy the API key of the application from My Applications in the developer portal, and "
        "give it by --client-id.",
    ),
    "cc_redirect": Cause(
        "Constant Contact sends nobody back to {back}: the application does not name it.",
        "Add exactly {back} to the redirect URIs of the application in the developer portal.",
    ),
    "cc_secret": Cause(
        "Constant Contact refuses the client secret.",
        "Generate a client secret in the developer portal, which ends the one before, and enter "
        "it with --client-id.",
    ),
    "cc_code": Cause(
        "The code from the browser has expired, or was used already.",
        "Run the command again and answer in the browser within five minutes.",
    ),
    "cc_denied": Cause(
        "Access was denied in the browser.",
        "Run the command again and press Allow, as a user of the account that is meant.",
    ),
    "cc_scope": Cause(
        "The consent lacks {scopes}, which the bridge needs.",
        "Run the command again and allow all that is asked for.",
    ),
    "cc_offline": Cause(
        "Constant Contact gave no refresh token: the connection would end after a day.",
        "Allow offline access for the application (Refresh Tokens in the developer portal), and "
        "run the command again.",
    ),
    "cc_state": Cause(
        "What came back from the browser belongs to another attempt.",
        "Close the older pages of Constant Contact, and run the command again.",
    ),
    "cc_silent": Cause(
        "Nobody came back from Constant Contact within {seconds} s.",
        "Run the command again; where no browser reaches this machine, with --device.",
    ),
    "cc_port": Cause(
        "Port {port} of this machine is taken, so the browser cannot come back to it.",
        "Give another one by --port, and add its address to the application's redirect URIs.",
    ),
    "cc_device": Cause(
        "The code was not entered in time.",
        "Run the command again and enter the new code within {minutes} minutes.",
    ),
    "cc_flow": Cause(
        "The application may not be used in this way ({words}).",
        "Use another: its flow is chosen when it is made (Authorization Code, PKCE or Device).",
    ),
    "cc_privilege": Cause(
        "The user who allowed it may not read the account, or the application is deactivated.",
        "Run the command again as the account's owner or manager; see in the developer portal "
        "that the application is active.",
    ),
    "cc_unconnected": Cause(
        "{name} has no Constant Contact account yet.",
        "Connect it: `bridge connect constant-contact {name}`.",
    ),
    "cc_revoked": Cause(
        "Constant Contact takes the stored tokens no more: the permission was withdrawn, or they "
        "were not used for 180 days.",
        "Authorize again: `bridge connect constant-contact {name}`.",
    ),
    "cc_account": Cause(
        "This is another Constant Contact account ({account}) than that of {name} ({known}): "
        "links would be lost.",
        "Authorize as a user of {known}, or give {account} a connection of its own.",
    ),
    "cc_refused": Cause(
        "Constant Contact refuses it ({words}).",
        "Compare client id, secret, redirect URI and flow with the application in the developer "
        "portal.",
    ),
}

OF_SALESFORCE: Mapping[str, Cause] = {
    "sf_address": Cause(
        "{text} is no address of a Salesforce organization.",
        "Give its My Domain address (Setup, My Domain) by --url, like https://firm.my.salesforce.com.",
    ),
    "sf_login_host": Cause(
        "{host} is the log-in page of everybody: no organization logs an application in there.",
        "Give the My Domain address (Setup, My Domain) by --url, like "
        "https://firm.my.salesforce.com.",
    ),
    "sf_key": Cause(
        "Salesforce knows no application with this consumer key.",
        "Copy the key from the External Client App (Settings, OAuth Settings); a new app is known "
        "after about ten minutes.",
    ),
    "sf_secret": Cause(
        "Salesforce refuses the consumer secret.",
        "Copy the secret from the External Client App (Settings, OAuth Settings), and run the "
        "command again.",
    ),
    "sf_run_as": Cause(
        "The External Client App has no user to run as.",
        "Enable the Client Credentials Flow on its Policies tab too, and name the bridge's user "
        "under Run As.",
    ),
    "sf_flow": Cause(
        "The External Client App does not allow this flow ({words}).",
        "Tick {flow} under Flow Enablement of its Settings tab.",
    ),
    "sf_inactive": Cause(
        "The bridge's user in Salesforce is inactive or locked.",
        "Activate the user (Setup, Users), or name another one.",
    ),
    "sf_approval": Cause(
        "The user is not approved for the External Client App, or there is no user of this name.",
        "On its Policies tab, choose Admin approved users are pre-authorized and add the user's "
        "profile or permission set; compare --username with Setup, Users.",
    ),
    "sf_certificate": Cause(
        "The External Client App has another certificate than the one that the bridge signs with.",
        "Upload {file} to it (Settings, OAuth Settings, Enable JWT Bearer Flow), and run the "
        "command again.",
    ),
    "sf_audience": Cause(
        "The login was asked for the wrong kind of organization ({audience}).",
        "Give --sandbox for a sandbox, and leave it out for production.",
    ),
    "sf_scope": Cause(
        "The token of the External Client App is not for the API.",
        "Add the scope Manage user data via APIs (api) to its OAuth settings.",
    ),
    "sf_api": Cause(
        "The organization or the bridge's user has no access to the API.",
        "Give the user the permission API Enabled; editions below Enterprise need the API add-on.",
    ),
    "sf_organization": Cause(
        "These credentials open the organization {found}; {name} serves {known}.",
        "Give the credentials of {known}, or connect {found} under another name.",
    ),
    "sf_fields": Cause(
        "The organization lacks {count} of what the profile {profile} names, or the bridge's user "
        "may not use it; the first: {first}.",
        "Deploy the package (`bridge salesforce deploy`) and assign the permission set Constant "
        "Contact Bridge to the bridge's user, or choose another profile; `bridge doctor` lists "
        "each.",
    ),
    "sf_refused": Cause(
        "Salesforce refuses the login ({words}).",
        "Compare consumer key, secret, flow and user with the External Client App.",
    ),
}

CAUSES: Mapping[str, Cause] = {**GENERAL, **OF_CONSTANT_CONTACT, **OF_SALESFORCE}


def refusal(
    cause: str, *, of: str = SALESFORCE, **values: object
) -> SetupRefused | SetupUnavailable:
    """Return the error of a cause.

    Args:
        cause: A key of `CAUSES`.
        of: The side that it is about.
        values: What is filled in; the side's title is there as `system`.

    >>> str(refusal("no_connection", name="firm")).splitlines()[0]
    'There is no connection firm yet.'
    """
    texts = CAUSES[cause]
    filled = {"system": TITLES[of], **values}
    says, do = texts.says.format(**filled), texts.do.format(**filled)
    if texts.is_outage:
        return SetupUnavailable(cause, says, do, system=of)
    return SetupRefused(cause, says, do)
