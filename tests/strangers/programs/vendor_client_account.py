"""The vendor's generated client: the account's own data."""
# needs: GET /v3/account/emails
# needs: POST /v3/account/summary/physical_address

import json
import os

import constant_contact_api_client as cc

PLACE = json.loads(os.environ["SANDBOX"])
account = cc.AccountServicesApi(
    cc.ApiClient(
        cc.Configuration(
            host=PLACE["constant_contact_url"],
            access_token=PLACE["observer"]["constant_contact_access_token"],
            ssl_ca_cert=PLACE.get("ca_file"),
        )
    )
)
address = {
    "address_line1": "14 Lantern Street",
    "city": "Portland",
    "state_code": "ME",
    "postal_code": "04101",
    "country_code": "US",
}
account.update_account_physical_address(address)
assert account.get_account_physical_address().city == "Portland"
assert account.get_account_details(extra_fields="physical_address").physical_address
assert account.update_account({"website": "https://harbour-lane.example.com/new"})
assert account.get_account_details().website == "https://harbour-lane.example.com/new"
assert account.get_all_account_email_addresses()[0].email_address
print("account")
