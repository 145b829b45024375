"""What somebody has to click in the portals of both vendors, line by line. Pure.

The sources: Salesforce Help, "Create a Local External Client App", "Configure the Client
Credentials Flow" and "OAuth 2.0 JWT Bearer Flow"; Constant Contact's developer guide,
"Create an application".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.setup.model import AccountWish

_PORTAL = "https://app.constantcontact.com/pages/dma/portal/"
_FLOWS = {False: "Enable Client Credentials Flow", True: "Enable JWT Bearer Flow"}
_UNUSED = "that of people's log-in once BRIDGE_PUBLIC_URL is set"
_LOG_IN_BACK = "/login/salesforce/back"


@dataclass(frozen=True, kw_only=True)
class App:
    """The External Client App that is to be made.

    Attributes:
        url: Of the organization.
        is_sandbox: It is a sandbox.
        certificate: The file to upload, for assertions; None: client credentials.
        public_url: Where people reach the console, if that is known.
    """

    url: str
    is_sandbox: bool
    certificate: str | None = None
    public_url: str | None = None

    @property
    def flow(self) -> str:
        """What the flow is called on the page."""
        return _FLOWS[self.certificate is not None]


def app_steps(app: App) -> Iterator[str]:
    """Yield how the External Client App is made, a line a step."""
    host = urlsplit(app.url).hostname or ""
    setup = host.replace(".my.salesforce.com", ".my.salesforce-setup.com")
    kind = "sandbox" if app.is_sandbox else "production"
    back = f"{app.public_url}{_LOG_IN_BACK}" if app.public_url else f"https://{host}/ ({_UNUSED})"
    yield f"In Salesforce ({kind}, {host}), as an administrator:"
    yield f"  1. https://{setup}/lightning/setup/SetupOneHome/home, Quick Find: External Client"
    yield "     App Manager. New External Client App."
    yield "  2. Name: Constant Contact Bridge. Distribution State: Local. Your e-mail address."
    yield "  3. API (Enable OAuth Settings): tick Enable OAuth."
    yield f"     Callback URL: {back}"
    yield "     Scopes: Manage user data via APIs (api); Access unique user identifiers (openid)."
    yield f"  4. Flow Enablement: tick {app.flow}."
    if app.certificate is not None:
        yield f"     Upload {app.certificate}"
        yield "     Create."
        yield "  5. Policies, Edit. Permitted Users: Admin approved users are pre-authorized. Under"
        yield "     App Policies add the profile or permission set of the bridge's user. Save."
    else:
        yield "     Create."
        yield "  5. Policies, Edit, OAuth Policies: tick Enable Client Credentials Flow,"
        yield "     Run As: the user name of the bridge's user. Save."
    yield "  6. The bridge's user: API Enabled, and not Send Outbound Messages. Once the package is"
    yield "     deployed (`bridge salesforce deploy`): the permission set Constant Contact Bridge."
    yield "  7. Settings, OAuth Settings, Consumer Key and Secret: copy both. A new app is known"
    yield "     after about ten minutes."
    yield ""


def application_steps(wish: AccountWish) -> Iterator[str]:
    """Yield how the API application is made, a line a step."""
    flow = "Device Flow" if wish.is_device else "Authorization Code Flow, or PKCE Flow"
    yield "In Constant Contact's developer portal, as a user of the account:"
    yield f"  1. {_PORTAL}: New Application."
    yield f"  2. Name: Practifi bridge. OAuth2: {flow}. Refresh Tokens: Rotating. Create."
    if not wish.is_device:
        yield f"  3. Redirect URI: http://localhost:{wish.port}/callback, to the letter. Save."
    yield "  Copy the API key (client id). An application that needs a secret: Generate Client"
    yield "  Secret, and copy it too; it is shown once."
    yield ""
