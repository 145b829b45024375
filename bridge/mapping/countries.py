"""Countries and their states by ISO 3166, in English as people write it.

The names are those of pycountry, which reads its tables when the first is asked for: 35 ms, and
30 more with the states.
"""

from __future__ import annotations

import gettext
import unicodedata
from functools import cache

# ISO's names that nobody writes into an address; Kosovo has none there.
_EVERYDAY = {
    "BN": "Brunei",
    "CD": "Democratic Republic of the Congo",
    "FK": "Falkland Islands",
    "FM": "Micronesia",
    "MF": "Saint Martin",
    "PS": "Palestine",
    "RU": "Russia",
    "SX": "Sint Maarten",
    "VA": "Vatican City",
    "VG": "British Virgin Islands",
    "VI": "U.S. Virgin Islands",
    "XK": "Kosovo",
}
# Other spellings that address fields hold, beside codes, official names and those of languages.
_ALSO = {
    "america": "US",
    "uk": "GB",
    "great britain": "GB",
    "england": "GB",
    "scotland": "GB",
    "wales": "GB",
    "northern ireland": "GB",
    "holland": "NL",
    "turkey": "TR",
    "czech republic": "CZ",
    "ivory coast": "CI",
    "burma": "MM",
    "swaziland": "SZ",
    "macedonia": "MK",
    "republic of ireland": "IE",
    "republic of korea": "KR",
}
_LANGUAGES = ("de", "fr", "es", "it", "nl", "pt", "sv", "da", "nb_NO", "fi", "pl")


def country_name(text: str) -> str:
    """Return the English name of a country; any other text stays as it is.

    >>> country_name("au"), country_name("Deutschland"), country_name("Atlantis")
    ('Australia', 'Germany', 'Atlantis')
    """
    code = _codes().get(_key(text))
    return _names()[code] if code else text


def country_code(text: str) -> str:
    """Return the two-letter code of a country; any other text stays as it is.

    >>> country_code("Australia"), country_code("U.S.A."), country_code("Atlantis")
    ('AU', 'US', 'Atlantis')
    """
    return _codes().get(_key(text), text)


def is_country_code(text: str) -> bool:
    """Tell whether a text is a two-letter code, in capitals."""
    return text in _names()


def state_name(text: str, country: str | None, country_named: str | None) -> str:
    """Return the name of a state, province or region; any other text stays as it is.

    Args:
        text: Its name or code, as people wrote it.
        country: The two-letter code of the country it is in.
        country_named: A country as people write it, which goes before `country` if it is known.

    >>> state_name("nsw", "AU", None), state_name("WA", "AU", "United States")
    ('New South Wales', 'Washington')
    """
    state = _states(_one_of(country_named, country)).get(_key(text))
    return state[1] if state else text


def state_code(text: str, country: str | None, country_named: str | None) -> str:
    """Return the code of a state, province or region within its country; other text stays.

    >>> state_code("New South Wales", "AU", None), state_code("Ontario", None, "Canada")
    ('NSW', 'ON')
    """
    state = _states(_one_of(country_named, country)).get(_key(text))
    return state[0] if state else text


def _one_of(country_named: str | None, country: str | None) -> str:
    named = country_code(country_named or "")
    return named if is_country_code(named) else country or ""


def _key(text: str) -> str:
    """Return by what a spelling is found: without capitals, accents, points and extra blanks."""
    plain = unicodedata.normalize("NFKD", text.casefold()).replace(".", "")
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).split())


@cache
def _names() -> dict[str, str]:
    """Return the names by code."""
    import pycountry  # noqa: PLC0415 - it takes 30 ms, and few mappings need it

    named = {
        country.alpha_2: getattr(country, "common_name", country.name)
        for country in pycountry.countries
    }
    return named | _EVERYDAY


@cache
def _codes() -> dict[str, str]:
    """Return the codes by every spelling; the English ones go first."""
    import pycountry  # noqa: PLC0415 - as above

    codes = {_key(name): code for code, name in _names().items()} | _ALSO
    for code in _names():
        codes.setdefault(code.lower(), code)
    for country in pycountry.countries:
        for part in ("alpha_3", "name", "official_name"):
            codes.setdefault(_key(getattr(country, part, country.name)), country.alpha_2)
    for language in _LANGUAGES:
        words = gettext.translation("iso3166-1", pycountry.LOCALES_DIR, languages=[language])
        for country in pycountry.countries:
            english = getattr(country, "common_name", country.name)
            codes.setdefault(_key(words.gettext(english)), country.alpha_2)
    return codes


@cache
def _states(country: str) -> dict[str, tuple[str, str]]:
    """Return code and name of a country's states by every spelling."""
    import pycountry  # noqa: PLC0415 - as above

    states: dict[str, tuple[str, str]] = {}
    found = pycountry.subdivisions.get(country_code=country) or []  # type: ignore[no-untyped-call]
    for one in sorted(found, key=lambda one: (one.parent_code is not None, one.code)):
        code = one.code.partition("-")[2]
        # Where a state has two languages, both names stand in one: `Catalunya [Cataluña]`.
        name, *others = (part.strip(" ]") for part in one.name.split("["))
        for spelling in (code, one.code, name, *others):
            states.setdefault(_key(spelling), (code, name))
    return states
