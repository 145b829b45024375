"""Standard fields of Contact, Account and User, to tell a misspelt source field from a custom one.

Salesforce Object Reference, API 66. Only a name that is *nearly* one of these is refused: what is
not listed here may well exist, and `bridge doctor` asks the organization itself.
"""

from __future__ import annotations

import difflib

_SYSTEM = """
    Id Name Division IsDeleted MasterRecordId OwnerId RecordTypeId CurrencyIsoCode CreatedDate
    CreatedById LastModifiedDate LastModifiedById SystemModstamp LastActivityDate LastViewedDate
    LastReferencedDate Owner RecordType CreatedBy LastModifiedBy MasterRecord
"""


def _address(kind: str) -> str:
    parts = "Address Street City State PostalCode Country StateCode CountryCode Latitude Longitude"
    return " ".join(kind + part for part in [*parts.split(), "GeocodeAccuracy"])


_FIELDS = {
    "Contact": f"""{_SYSTEM} {_address("Mailing")} {_address("Other")}
        AccountId Account LastName FirstName Salutation MiddleName Suffix Phone Fax MobilePhone
        HomePhone OtherPhone AssistantPhone ReportsToId ReportsTo Email Title Department
        AssistantName LeadSource Birthdate Description HasOptedOutOfEmail HasOptedOutOfFax DoNotCall
        CanAllowPortalSelfReg LastCURequestDate LastCUUpdateDate EmailBouncedReason EmailBouncedDate
        IsEmailBounced PhotoUrl Jigsaw JigsawContactId CleanStatus IndividualId Individual
        IsPersonAccount IsPriorityRecord Pronouns GenderIdentity ContactSource TitleType
        DepartmentGroup BuyerAttributes ActivityMetricId FirstCallDateTime FirstEmailDateTime""",
    "Account": f"""{_SYSTEM} {_address("Billing")} {_address("Shipping")}
        {_address("PersonMailing")} ParentId Parent Type Phone Fax AccountNumber Website
        PhotoUrl Sic Industry AnnualRevenue NumberOfEmployees Ownership TickerSymbol Description
        Rating Site AccountSource SicDesc NaicsCode NaicsDesc YearStarted Tradestyle DunsNumber
        IsPersonAccount IsCustomerPortal
        IsPartner FirstName LastName Salutation MiddleName Suffix PersonContactId PersonEmail
        PersonTitle PersonDepartment PersonBirthdate PersonMobilePhone PersonHomePhone
        PersonOtherPhone PersonAssistantName PersonAssistantPhone PersonLeadSource
        PersonHasOptedOutOfEmail PersonDoNotCall Jigsaw CleanStatus OperatingHoursId""",
    "User": """Id Name Username Email FirstName LastName MiddleName Suffix Title Department Division
        CompanyName Phone MobilePhone Fax Extension Street City State PostalCode Country Alias
        CommunityNickname IsActive UserRoleId UserRole ProfileId Profile ManagerId Manager
        EmployeeNumber TimeZoneSidKey LocaleSidKey LanguageLocaleKey UserType Signature AboutMe
        SmallPhotoUrl FullPhotoUrl""",
}
_PARENTS = {
    "Account": "Account",
    "CreatedBy": "User",
    "LastModifiedBy": "User",
    "Manager": "User",
    "Owner": "User",
    "Parent": "Account",
    "ReportsTo": "Contact",
    "MasterRecord": "Contact",
}


def misspelling(path: str, object_name: str) -> str | None:
    """Return how a path of an object is probably meant, or None where nothing speaks against it.

    >>> misspelling("Account.Nmae", "Contact"), misspelling("firstname", "Contact")
    ('Account.Name', 'FirstName')
    >>> misspelling("Segment__c", "Contact"), misspelling("Account.Name", "Contact")
    (None, None)
    """
    meant = []
    known: str | None = object_name
    for part in path.split("."):
        fields = _FIELDS.get(known or "", "").split()
        name = part
        if fields and part not in fields and "__" not in part:
            by_lower = {field.lower(): field for field in fields}
            close = difflib.get_close_matches(part.lower(), list(by_lower), n=1, cutoff=0.75)
            name = by_lower[close[0]] if close else part
        meant.append(name)
        known = _PARENTS.get(name)
    suggestion = ".".join(meant)
    return suggestion if suggestion != path else None
