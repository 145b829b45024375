"""What a token allows: the scope that each operation of the V3 API asks for. Pure."""

from __future__ import annotations

ALL = ("contact_data", "campaign_data", "account_read", "account_update", "offline_access")
"""Every scope that a user of this sandbox can grant."""

_CAMPAIGNS = ("/emails", "/reports/email_reports", "/reports/summary_reports", "/reports/stats")


def needed(method: str, path: str) -> str:
    """Return the scope that a call needs; `path` is what follows `/v3`.

    >>> needed("GET", "/account/summary"), needed("PUT", "/account/summary")
    ('account_read', 'account_update')
    >>> needed("GET", "/reports/contact_reports/1/activity_details"), needed("GET", "/emails")
    ('contact_data', 'campaign_data')
    """
    if path.startswith("/account"):
        return "account_read" if method in {"GET", "HEAD"} else "account_update"
    return "campaign_data" if path.startswith(_CAMPAIGNS) else "contact_data"


def read(text: str) -> tuple[str, ...] | None:
    """Return the scopes that a text names, or None where one of them does not exist.

    >>> read("contact_data offline_access"), read("contact_data everything")
    (('contact_data', 'offline_access'), None)
    """
    named = tuple(dict.fromkeys(text.split()))
    return named if named and set(named) <= {*ALL, "openid"} else None
