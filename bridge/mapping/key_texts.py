"""What editors show of the keys of mapping files, beside what the models themselves say. Pure.

A text of a model (`Field(description=…)`) comes first; this table fills the gaps and has examples.
"""

from __future__ import annotations

from typing import Any

DESCRIPTIONS: dict[str, dict[str, str]] = {
    "Address": {
        "street": "street and house number; at most 255 characters",
        "city": "at most 50 characters",
        "state": "at most 50 characters",
        "postal_code": "at most 50 characters",
        "country": "at most 50 characters",
    },
    "Band": {"below": "numbers below this; left out in the last range", "text": "its name"},
    "ClientFile": {
        "source": "`client` in this file",
        "fields": "fields of the client that the pages of clients show besides",
    },
    "Condition": {
        "field": "the field that is asked about",
        "in": "it is one of these",
        "not_in": "it is none of these, or empty",
        "all": "every one of these conditions holds",
        "any": "at least one of these conditions holds",
        "not": "this condition does not hold",
    },
    "ContactFields": {
        "email_address": "always `$email`: people are matched by it",
        "first_name": "at most 50 characters",
        "last_name": "at most 50 characters",
        "job_title": "at most 50 characters",
        "company_name": "at most 50 characters",
        "birthday_month": "1 to 12; `birthday_day` belongs to it",
        "birthday_day": "1 to 31; `birthday_month` belongs to it",
        "phone_numbers": "at most three of the four kinds",
        "street_addresses": "one of each kind",
        "custom_fields": "at most 25, each under a key of its own; created there where missing",
    },
    "ContactFile": {
        "source": "`contact` in this file",
        "target": "`contact` in this file",
        "lookups": "tables from Salesforce's values to the texts wanted, by name",
        "fields": "what each part of the contact is filled with",
    },
    "Filter": {"field": "the field that is searched"},
    "InteractionFile": {
        "source": "`interaction` in this file",
        "fields": "fields that get the same value in every new record",
    },
    "InteractionNames": {
        "profile": "`custom`: an object of its own; `event` or `task`: Salesforce's own"
    },
    "Join": {
        "fields": "in this order; empty ones are passed over",
        "with": "what stands between; a blank where it is left out",
    },
    "JunctionWay": {"junction": "an object of your own between client and contact"},
    "LeaveOut": {"when": "whom it holds for takes no part"},
    "ListFields": {
        "name": "at most 255 characters",
        "description": "shown in Constant Contact only",
    },
    "ListFile": {
        "source": "`list` in this file",
        "target": "`list` in this file",
        "lookups": "tables from Salesforce's values to the texts wanted, by name",
        "fields": "what each part of the list is filled with",
    },
    "Lookup": {"table": "Salesforce's value: the text wanted; `null` for none"},
    "MembershipFile": {
        "source": "`membership` in this file",
        "target": "`membership` in this file",
    },
    "NamesFile": {"profiles": "`practifi`, `bridge` and `plain`; a connection has one of them"},
    "NumberFormat": {"point": "before the decimals"},
    "PercentFormat": {"point": "before the decimals"},
    "PhoneNumbers": {
        "home": "at most 25 characters",
        "work": "at most 25 characters",
        "mobile": "at most 25 characters",
        "other": "at most 25 characters",
    },
    "ProfileNames": {
        "client": "the client or household",
        "contact": "the person",
        "list": "the contact list",
        "membership": "one person on one list",
        "interaction": "the record that shows engagement",
        "campaign": "the campaign that stands for a mailing, where those are wanted",
    },
    "Replace": {"find": "the text that is replaced", "with": "the text in its place; may be empty"},
    "Rule": {
        "join": "several fields in one text",
        "cases": "the first case whose condition holds gives the value",
    },
    "StreetAddresses": {
        "home": "the home address",
        "work": "the address at work",
        "other": "any other address",
    },
    "TimeFormat": {"pattern": "how it is written: `D MMMM YYYY, HH:mm`"},
    "YesNo": {"if_true": "where the box is ticked", "if_false": "where it is not"},
}
"""Model -> key -> what it means."""

EXAMPLES: dict[str, dict[str, list[Any]]] = {
    "Condition": {
        "is": ["Household", True],
        "is_not": ["Retired"],
        "in": [["Provider", "Vendor"]],
        "not_in": [["Client", "Prospect"]],
        "present": [True],
        "contains": ["golf"],
        "starts_with": ["Dr"],
        "ends_with": ["@example.com"],
        "includes": ["Sailing"],
        "above": [250000],
        "at_least": ["2026-01-01"],
        "below": [0],
        "at_most": ["2026-12-31"],
        "all": [[{"field": "Account.Type", "is": "Client"}, {"field": "Title", "present": True}]],
        "any": [[{"field": "Account.Type", "is": "Client"}, {"field": "Title", "present": True}]],
        "not": [{"field": "Account.Type", "is": "Client"}],
    },
    "Filter": {"label": ["City"]},
    "LeaveOut": {"reason": ["the person has died"]},
    "Lookup": {"table": [{"A": "Private client", "B": "Core", "C": None}]},
    "Rule": {
        "first_of": [["Preferred_Name__c", "FirstName"]],
        "join": [{"fields": ["FirstName", "LastName"]}],
        "value": ["Client"],
        "cases": [[{"when": {"field": "Title", "starts_with": "Dr"}, "from": "Name"}]],
        "transform": [["squeeze"], [{"cut": 50}]],
        "default": ["Client"],
        "max": [50],
    },
}
"""Model -> key -> values that may stand there."""

STEP_ARGUMENTS: dict[str, Any] = {
    "cut": 50,
    "prefix": "No. ",
    "suffix": " p. a.",
    "replace": {"find": " Household", "with": ""},
    "number": {"decimals": 2},
    "money": {"symbol": "$"},
    "bands": [{"below": 250000, "text": "Core"}, {"text": "Private"}],
    "date": "D MMMM YYYY",
    "in_zone": "Australia/Sydney",
    "yes_no": {"if_true": "Client", "if_false": "Prospect"},
    "join": " / ",
    "has": "Golf",
    "lookup": "segments",
    "only": ["Golf", "Sailing"],
    "percent": {"decimals": 1},
    "round": 1000,
    "split": {"at": ";", "take": 1},
    "state_code": {"country_from": "MailingCountry"},
    "state_name": {"country": "AU"},
    "truncate": {"to": 50},
    "date_time": "D MMMM YYYY, HH:mm",
    "phone": {"country": "US"},
}
"""What an editor writes behind a transform that takes an argument, to be changed by hand."""
