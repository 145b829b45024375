"""Words that other tools have for what a mapping file calls otherwise, and what is meant here."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

_MEANT = {
    # Conditions
    "is": "equals equal eq == = equal_to === is_equal",
    "is_not": "not_equals not_equal ne neq != <> not_equal_to isnt",
    "in": "one_of any_of is_in among options",
    "not_in": "none_of not_one_of",
    "present: false": "empty is_empty blank is_blank null is_null missing not_exists absent",
    "present: true": "not_empty not_blank not_null exists is_set has_value filled is_present",
    "matches": "regex regexp match pattern regular_expression =~",
    "contains": "like ilike has_text substring",
    "starts_with": "startswith begins_with beginswith prefix",
    "ends_with": "endswith suffix",
    "includes": "has includes_any has_item",
    "above": "> gt greater greater_than more_than after",
    "at_least": ">= gte ge min minimum from_value since",
    "below": "< lt less less_than before",
    "at_most": "<= lte le max maximum until",
    "all": "and all_of && every",
    "any": "or any_of || some",
    "not": "! none nor",
    "field": "from source path column property",
    # Rules
    "from": "source field path column property salesforce origin api_name src",
    "first_of": "coalesce fallback fallbacks first alternatives one_of any_of",
    "join": "concat concatenate combine merge fields",
    "default": "else otherwise if_empty fallback default_value",
    "value": "const constant text static literal fixed else otherwise then",
    "cases": "switch choose case conditions rules",
    "when": "if only_if condition where unless_not conditions rule",
    "transform": "transforms transformation transformations steps functions function apply format",
    "required": "mandatory must_have not_null",
    "max": "max_length maxlength length limit size maximum",
    "too_long: cut": "truncate cut shorten trim_to",
    "with": "separator sep delimiter glue by to replacement replace",
    "find": "search pattern text what",
    # Transforms
    "upper": "uppercase upcase to_upper upper_case capitals",
    "lower": "lowercase downcase to_lower lower_case",
    "title": "capitalize capitalise titlecase title_case proper proper_case",
    "trim": "strip",
    "squeeze": "collapse normalize_spaces normalize",
    "cut": "truncate limit left substring max",
    "lookup": "map mapping translate table dictionary replace_values",
    "replace": "substitute gsub sub regex_replace",
    "prefix": "prepend before",
    "suffix": "append postfix after",
    "strip_html": "html plain_text remove_html",
    "phone": "e164 telephone phone_number",
    "in_zone": "timezone time_zone zone tz",
    "money": "currency",
    "number": "numeric decimal round",
    "date": "format_date date_format datetime",
    "yes_no": "boolean bool checkbox",
    "bands": "ranges buckets bins range",
    "digits": "digits_only numbers_only",
    # Files
    "leave_out": "exclude excludes skip ignore omit except filter_out reject",
    "fields": "mapping mappings columns properties attributes field map",
    "lookups": "lookup tables maps dictionaries",
    "filters": "filter search_by",
    "tests": "test examples checks specs",
    "source": "from object salesforce type",
    "target": "to destination",
    "match": "key match_on match_by identity",
    "reason": "because why message text description note",
    "table": "values entries map mapping items",
    "otherwise": "default else fallback",
    "ways": "way paths routes",
    # Parts of a contact
    "email_address": "email e_mail mail",
    "first_name": "firstname given_name forename",
    "last_name": "lastname surname family_name name",
    "job_title": "title position role jobtitle",
    "company_name": "company organization organisation employer account",
    "phone_numbers": "phone phones telephone telephones phone_number",
    "street_addresses": "address addresses street_address",
    "custom_fields": "custom custom_field extra customfields",
    "birthday": "birthdate dob date_of_birth birth_date",
    "mobile": "cell cellphone mobile_phone",
    "work": "business office company",
    "street": "line1 street1 address address_line street_address",
    "postal_code": "zip zipcode zip_code postcode postalcode plz",
    "state": "region province county",
    "label": "title caption display_name display name",
    # Tests
    "record": "input given data fields row salesforce",
    "expect": "expected expects result then output becomes",
    "name": "title describe description label",
    "unknown": "not_known missing",
    "untouched": "unchanged not_touched",
    "takes_no_part": "left_out leave_out skipped excluded",
    "refused": "error errors fails raises",
}

_BY_WORD: dict[str, list[str]] = {}
for _right, _words in _MEANT.items():
    for _word in _words.split():
        _BY_WORD.setdefault(_word, []).append(_right)


def meant_by(word: str, known: Collection[str]) -> str | None:
    """Return what is written here for a word of other tools; None where there is no such word.

    Args:
        word: A key as somebody wrote it.
        known: The keys that may stand in its place.

    >>> meant_by("equals", ["field", "is"]), meant_by("empty", ["present"])
    ('is', 'present: false')
    >>> meant_by("firstName", ["first_name"]), meant_by("equals", ["from"])
    ('first_name', None)
    """
    plain = word.strip().lower().replace("-", "_").replace(" ", "_")
    if plain in known:
        return plain
    for right in _BY_WORD.get(plain, ()):
        if right.partition(":")[0] in known:
            return right
    return None
