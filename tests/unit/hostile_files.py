"""Mapping files that want to be more than data: hostile texts in every place that takes text."""

from __future__ import annotations

import copy
import itertools
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from bridge.mapping.compiled import read_files
from bridge.mapping.yaml_tree import read_tree

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator, Mapping

SHIPPED = read_files(Path(__file__).parents[2] / "mappings")

WORDS = [
    "__import__('os').abort()",
    "exec('raise SystemExit')",
    "breakpoint()",
    "'); raise SystemExit #",
    '"); raise SystemExit #',
    "''' + exit() + '''",
    '""" + exit() + """',
    "v",
    "get",
    "record",
    "out",
    "ValueError",
    "CALL",
    "VALUE",
    "RULES",
    "TEXT",
    "STORE",
    "PATH",
    "lambda: 0",
    "None",
    "False",
    "True",
    "class",
    "yield",
    "await",
    "import os",
    "__builtins__",
    "__class__",
    "__globals__",
    "__dict__",
    "__init__",
    "mro",
    "{0.__class__}",
    "{record.__class__.__mro__}",
    "{v!r:>{width}}",
    "{{{{}}}}",
    "{",
    "}",
    "{FirstName",
    "{FirstName|{LastName}}",
    "{FirstName|__import__('os')}",
    "f'{exit()}'",
    "%s%n%(x)s",
    "$(reboot)",
    "`reboot`",
    "${jndi:ldap://x}",
    "<script>alert(1)</script>",
    "'; DROP TABLE inbox; --",
    "\\",
    "\\\\",
    "\\1",
    "\\9",
    "\\0",
    "\\g<0>",
    "\\N{BULLET}",
    "\\u0027",
    "\\x27",
    "'",
    '"',
    "#",
    "\n",
    "\r\n",
    "a\nraise SystemExit\n",
    "\t",
    "\u2028raise SystemExit\u2029",
    "\x85",
    "\u202eofni",
    "\ufeff",
    "\x00",
    "\x1b[31m",
    "\x7f",
    "\uff3f\uff3fimport\uff3f\uff3f",
    "\u0410ccount.Name",
    "FirstNam\u0435",
    "\U0001d5a5\U0001d5ba",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "e\u0301" * 30,
    "\ufdfa",
    "\u0130",
    "\u00df",
    "\u0390",
    "a" * 5_000,
    "'" * 2_000,
    "{" * 2_000,
    "(" * 200,
    "[" * 200,
    "(a+)+$",
    "(a|a)*b",
    "(.*)(.*)(.*)(.*)(.*)x",
    "((((a{9}){9}){9}){9}){9}",
    "a{1000}{1000}",
    "(?P<__class__>a)",
    "(?P=x)",
    "(?=a)",
    r"\pL{150}",
    r"\C",
    "|" * 200,
    "YYYYMMMMDDDD" * 4,
    "Y" * 50,
    "%Y%d",
    "Europe/../../etc/passwd",
    "/etc/passwd",
    "../../../../etc/passwd",
    "America",
    "UTC\x00",
    "FirstName",
    "$email",
    "$__class__",
    "Account.Owner.Name",
    "a.b.c.d.e.f.g.h",
    "0",
    "-0",
    "1e999",
    "9" * 40,
    "NaN",
    "Infinity",
    "2026-02-30",
    "9999-99-99",
]
NUMBERS: list[object] = [0, -1, 2**31, 2**63, 10**15, 0.1, -0.0, 1e-9, True, False, None]
SHAPES: list[object] = [[], {}, [[]], [None], {"": ""}, ["x"] * 600, {"a": {"b": {"c": {}}}}]

DEEP = 5_000
RAW = [
    "&a [*a]",
    "&a {x: *a}",
    "*missing",
    "!!python/object/apply:os.abort []",
    "!!python/name:os.abort ''",
    "!!python/module:os ''",
    "!!binary aGk=",
    "!!set {a, b}",
    "!<tag:yaml.org,2002:python/object:os.abort> {}",
    "<<: {a: b}",
    "{<<: {a: b}}",
    "{? [a, b] : c}",
    "{? {a: b} : c}",
    "[" * DEEP,
    "[" * DEEP + "]" * DEEP,
    "{a: " * DEEP,
    "{a: " * DEEP + "1" + "}" * DEEP,
    "- " * DEEP,
    "'" + "x" * 1_000_000 + "'",
    "[" + "x, " * 60_000 + "x]",
    "9" * 5_000,
    "9" * 400 + ".5",
    "-" + "9" * 100_000,
    "0x" + "f" * 5_000,
    "1:" * 2_000 + "1",
    "1_" * 2_000,
    ".inf",
    "-.inf",
    ".nan",
    "1e400",
    "0o17",
    "2026-02-30T99:99:99Z",
    "y",
    "~",
    "? ",
    "|\n  raise SystemExit\n",
    ">-\n  raise\n  SystemExit\n",
    "--- x",
    "...",
    "%YAML 9.9",
    "\ud800",
    "'\ud800'",
    '"\\ud800"',
    '"\\U0010ffff"',
    '"\\UFFFFFFFF"',
    '"\\x00"',
    "\x00",
    "\x07",
    "\ufffe",
    "\t- x",
    "'unclosed",
    '"unclosed',
    "@x",
    "`x`",
    "a: b: c",
]

_CONDITIONS = """
leave_out:
  - {when: {field: Deceased__c, is: true}, reason: died}
  - {when: {field: A__c, is_not: word}, reason: word}
  - when:
      any:
        - {field: A__c, in: [Gold, 7, word]}
        - {field: A__c, not_in: [Gold, word]}
        - {field: A__c, contains: word}
        - {field: A__c, starts_with: word}
        - {field: A__c, ends_with: word}
        - {field: A__c, includes: word}
        - {field: A__c, matches: '[a-z]+'}
        - {not: {all: [{field: N__c, above: 3}, {field: D__c, at_most: '2026-01-31'}]}}
        - {field: N__c, below: 3.5}
        - {field: Email, present: false}
    reason: word
"""
BASE = {
    "contact.yaml": "source: contact\ntarget: contact\nmatch: email_address\n"
    + _CONDITIONS
    + """
explicit_permission_when: {field: Consent__c, is: true}
lookups:
  segments: {table: {A: Private, B: Core, word: null}, otherwise: keep}
filters:
  - {field: MailingCity, label: City}
fields:
  email_address: {from: $email, transform: [trim]}
  first_name: {template: 'Dear {FirstName|friend} {Account.Name}', too_long: cut}
  last_name: {first_of: [LastName, Name], default: word, too_long: cut, write: if_empty_there}
  job_title: {join: {fields: [A__c, B__c], with: ' - '}, max: 40, too_long: cut}
  company_name: {value: word}
  birthday: Birthdate
  anniversary: {from: D__c, when: {field: A__c, present: true}}
  phone_numbers:
    home: {from: HomePhone, transform: [{phone: {country: US, country_from: Land__c}}]}
  street_addresses:
    home:
      street: {from: A__c, transform: [one_line, {prefix: word}, {suffix: word}], too_long: cut}
      city: {from: B__c, transform: [{replace: {find: a, with: word}}, {cut: 9}]}
      state: {from: B__c, transform: [{replace: {pattern: '(a+)', with: '<\\1>'}}], too_long: cut}
  custom_fields:
    one:
      label: One
      cases:
        - {when: {field: A__c, is: word}, value: word}
        - {when: {field: B__c, matches: 'x.*'}, from: Title}
        - {value: word}
      too_long: cut
    two: {label: Two, from: A__c, transform: [{lookup: segments}], too_long: cut}
    three: {label: Three, from: N__c, transform: [{bands: [{below: 5, text: word}, {text: More}]}]}
    four: {label: Four, from: D__c, transform: [{in_zone: Europe/Berlin}, {date: D MMMM YYYY}]}
    five: {label: Five, from: N__c, transform: [{money: {symbol: $, thousands: '.', point: ','}}]}
    six: {label: Six, from: A__c, transform: [{join: ' / '}, {has: word}]}
    twelve: {label: Twelve, from: A__c, transform: [{state_name: {country_from: MailingCountry}}]}
    thirteen: {label: Thirteen, from: N__c, transform: [{round: 5}, {percent: {point: ','}}]}
    fourteen: {label: Fourteen, from: A__c, transform: [country_name, {state_code: {country: US}}]}
    fifteen: {label: Fifteen, from: Account.Name, too_long: cut}
    seven: {label: Seven, from: T__c, transform: [{yes_no: {if_true: word, if_false: no way}}]}
tests:
  - name: word
    record: {FirstName: word, A__c: word, N__c: 4, Account.Name: word}
    unknown: [Title]
    expect: {last_name: word, custom_fields: {three: word}}
    untouched: [birthday]
  - {name: another word, record: {A__c: word}, takes_no_part: word}
  - {name: a third, record: {Email: nobody}, refused: not an e-mail address}
""",
    "list.yaml": "source: list\ntarget: list\nmatch: name\n"
    + _CONDITIONS
    + "fields: {name: $name, description: {template: '{A__c}', transform: [upper]}}\n",
    "membership.yaml": "source: membership\ntarget: membership\nmatch: contact_and_list\n"
    + _CONDITIONS,
    "client.yaml": SHIPPED["client.yaml"],
    "interaction.yaml": SHIPPED["interaction.yaml"],
    "names.yaml": SHIPPED["names.yaml"],
}
_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_TREES: dict[str, Any] = {name: yaml.safe_load(text) for name, text in BASE.items()}
_PLACES: dict[str, list[tuple[tuple[Any, ...], bool]]] = {}
_FREE = {
    *("reason", "default", "value", "with", "prefix", "suffix", "find", "text", "label", "has"),
    *("is", "is_not", "contains", "starts_with", "ends_with", "includes", "if_true", "if_false"),
    *("at", "end", "only"),
    *("matches", "pattern", "template", "join", "date", "symbol", "point", "thousands"),
}
_TOKEN = "hostile text goes here"


def hostile_files(chance: random.Random) -> dict[str, str]:
    """Return the files of one attack: one of them holds up to four hostile things."""
    name = chance.choice([*BASE, *["contact.yaml"] * 6])
    tree = copy.deepcopy(_TREES[name])
    is_mild = chance.random() < 0.6
    raw = [chance.choice(RAW)] if chance.random() < 0.15 else []
    for number in range(1 if raw else chance.randint(1, 4)):
        places = _places(name)
        free = [place for place in places if _is_free(place[0])] if is_mild else []
        path, is_key = chance.choice(free or places)
        hostile = _TOKEN if raw and not number else _hostile(chance)
        _put(tree, path, hostile, is_key=is_key and isinstance(hostile, str))
    text = yaml.dump(
        tree,
        Dumper=_Dumper,
        sort_keys=False,
        width=10**6,
        allow_unicode=chance.random() < 0.5,
        default_flow_style=chance.random() < 0.5,
    )
    for snippet in raw:
        text = text.replace(_TOKEN, snippet)
    return {**BASE, name: text}


def texts_of(files: Mapping[str, str]) -> str:
    """Return everything that the files say, keys too, in one text of small letters."""
    read = (read_tree(text).data for text in files.values())
    return "\n".join(text for tree in read for text in _texts(tree)).lower()


def _hostile(chance: random.Random) -> object:
    kind = chance.random()
    if kind < 0.08:
        return chance.choice(NUMBERS)
    if kind < 0.14:
        return chance.choice(SHAPES)
    words = chance.choices(WORDS, k=chance.choice([1, 1, 1, 2, 3]))
    return chance.choice(["", " ", ".", "\n"]).join(words)


def _is_free(path: tuple[Any, ...]) -> bool:
    """Tell whether any text may stand there, so that a hostile one is likely to be taken."""
    return path[-1] in _FREE or (len(path) > 1 and path[-2] in {"in", "not_in", "table"})


def _places(name: str) -> list[tuple[tuple[Any, ...], bool]]:
    """Return the paths of all values and keys of a file; the second says whether it is a key."""
    if name not in _PLACES:
        paths = list(_walk(_TREES[name], ()))
        keys = [(path, True) for path in paths if isinstance(path[-1], str)]
        _PLACES[name] = [(path, False) for path in paths] * 3 + keys
    return _PLACES[name]


def _walk(tree: object, path: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    inner = tree.items() if isinstance(tree, dict) else enumerate(tree)  # type: ignore[arg-type]
    for key, value in inner:
        yield (*path, key)
        if isinstance(value, dict | list):
            yield from _walk(value, (*path, key))


def _put(tree: Any, path: tuple[Any, ...], hostile: object, *, is_key: bool) -> None:
    """Put a hostile thing where the path leads, unless another one has taken the way there."""
    for part in path[:-1]:
        if not isinstance(tree, dict | list) or (isinstance(tree, dict) and part not in tree):
            return
        if isinstance(tree, list) and not (isinstance(part, int) and part < len(tree)):
            return
        tree = tree[part]
    if isinstance(tree, dict) and path[-1] in tree:
        if is_key:
            tree[hostile] = tree.pop(path[-1])
        else:
            tree[path[-1]] = hostile
    elif isinstance(tree, list) and isinstance(path[-1], int) and path[-1] < len(tree):
        tree[path[-1]] = hostile


def _texts(tree: object) -> Iterator[str]:
    if isinstance(tree, dict):
        for part in itertools.chain(tree, tree.values()):
            yield from _texts(part)
    elif isinstance(tree, list):
        for part in tree:
            yield from _texts(part)
    else:
        yield str(tree)
