"""How fast a compiled mapping is beside functions that a person would write for the same 20 fields.

    python -m benchmarks.mapping [--seconds 1] [--rounds 7]

Two hand-written functions are the other side. `same rules` does everything that the mapping does:
empty and unknown fields told apart, lengths kept. `bare` only copies, trims and splits: less than
the mapping does. Sides take turns in slices; the ratio is the median over the rounds, with its
spread. Before that, mapping and `same rules` must give the same for records with each field in turn
empty and unknown.

Besides, how long it takes to check the default mappings: reading, checking, compiling, their own
tests. Once in a process that runs (what counts), once with the imports of a new one, once as the
command that people wait for.
"""

from __future__ import annotations

import argparse
import re
import statistics
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bridge.errors import ConversionError, MissingKey
from bridge.mapping.compiled import load_mapping, refuse_failing
from bridge.mapping.files import read_files

if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.salesforce.values import Record

LEAST_RATIO = 0.9
MOST_CHECK_MS = 200
DEFAULTS = Path(__file__).parent.parent / "mappings"
PHONE, NAME, ADDRESS, LONG = 25, 50, 80, 255  # Constant Contact's limits, in characters

CONTACT = """
source: contact
target: contact
match: email_address
fields:
  email_address: {from: Email, transform: [trim, lower]}
  first_name: {from: FirstName, transform: [trim]}
  last_name: {from: LastName, transform: [trim]}
  birthday: Birthdate
  street_addresses:
    home:
      street: {from: MailingStreet, transform: [trim]}
      city: {from: MailingCity, transform: [trim]}
      postal_code: {from: MailingPostalCode, transform: [trim]}
  phone_numbers:
    mobile: {from: MobilePhone, transform: [trim]}
  custom_fields:
""" + "".join(
    f"    f{n}: {{label: Field {n}, from: F{n}__c, transform: [trim]}}\n" for n in range(11)
)

RECORD: Record = {
    "Email": "Ada.Lovelace@Example.ORG ",
    "FirstName": "Ada",
    "LastName": "Lovelace",
    "Birthdate": "1990-12-10",
    "MailingStreet": "1 Main",
    "MailingCity": "Leeds",
    "MailingPostalCode": None,
    "MobilePhone": "+44 113 200 0000",
    **{f"F{n}__c": f" Value {n} " for n in range(11)},
}


_is_address = re.compile(r"[^@\s]+@[^@\s]+").fullmatch
_ABSENT: Any = object()


def _too_long(field: str, text: str, limit: int) -> ConversionError:
    message = f"{field}: {len(text)} characters; {limit} are allowed"
    return ConversionError(message, field=field)


def _day(text: str) -> date:
    if text[4:8:3] != "--" or text[10:11] not in {"", "T"}:
        raise ConversionError("Birthdate: not a date", field="Birthdate")
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        raise ConversionError("Birthdate: not a date", field="Birthdate") from None


def same_rules(record: Record) -> dict[str, Any]:  # noqa: C901, PLR0912, PLR0915 - the price of speed
    """Do by hand what the mapping says, all of it."""
    get = record.get
    out: dict[str, Any] = {}
    v = get("Email")
    if v:
        v = v.strip().lower()
    if not v:
        raise MissingKey("no e-mail address", field="Email")
    if len(v) > ADDRESS:
        raise _too_long("Email", v, ADDRESS)
    if not _is_address(v):
        raise ConversionError("Email: not an e-mail address", field="Email")
    out["email_address"] = {"address": v}
    v = get("FirstName", _ABSENT)
    if v is not _ABSENT:
        if v is not None:
            v = v.strip()
            if len(v) > NAME:
                raise _too_long("FirstName", v, NAME)
        out["first_name"] = v or None
    v = get("LastName", _ABSENT)
    if v is not _ABSENT:
        if v is not None:
            v = v.strip()
            if len(v) > NAME:
                raise _too_long("LastName", v, NAME)
        out["last_name"] = v or None
    v = get("Birthdate", _ABSENT)
    if v is not _ABSENT:
        month = day = None
        if v:
            born = _day(v)
            month, day = born.month, born.day
        out["birthday_month"] = month
        out["birthday_day"] = day
    phones: dict[str, str | None] = {}
    v = get("MobilePhone", _ABSENT)
    if v is not _ABSENT:
        if v is not None:
            v = v.strip()
            if len(v) > PHONE:
                raise _too_long("MobilePhone", v, PHONE)
        phones["mobile"] = v or None
    if phones:
        out["phone_numbers"] = phones
    home: dict[str, str | None] = {}
    v = get("MailingStreet", _ABSENT)
    if v is not _ABSENT:
        if v is not None:
            v = v.strip()
            if len(v) > LONG:
                raise _too_long("MailingStreet", v, LONG)
        home["street"] = v or None
    v = get("MailingCity", _ABSENT)
    if v is not _ABSENT:
        if v is not None:
            v = v.strip()
            if len(v) > NAME:
                raise _too_long("MailingCity", v, NAME)
        home["city"] = v or None
    v = get("MailingPostalCode", _ABSENT)
    if v is not _ABSENT:
        if v is not None:
            v = v.strip()
            if len(v) > NAME:
                raise _too_long("MailingPostalCode", v, NAME)
        home["postal_code"] = v or None
    if home:
        out["street_addresses"] = {"home": home}
    custom: dict[str, str | None] = {}
    v = get("F0__c", _ABSENT)
    if v is not _ABSENT:
        if v is not None:
            v = v.strip()
            if len(v) > LONG:
                raise _too_long("F0__c", v, LONG)
        custom["f0"] = v or None
    v = get("F1__c", _ABSENT)
    if v is not _ABSENT:
        if v is not None:
            v = v.strip()
            if len(v) > LONG:
                raise _too_long("F1__c", v, LONG)
        custom["f1"] = v or None
    v = get("F2__c", _ABSENT)
    if v is not _ABSENT:
        if v is not None:
            v = v.strip()
            if len(v) > LONG:
                raise _too_long("F2__c", v, LONG)
        custom["f2"] = v or None
    v = get("F3__c", _ABSENT)
    if v is not _ABSENT:
        if v is not None:
            v = v.strip()
            if len(v) > LONG:
                raise _too_long("F3__c", v, LONG)
        custom["f3"] = v or None
    v = get("F4__c", _ABSENT)
    if v is not _ABSENT:
        if v is not None:
            v = v.strip()
            if len(v) > LONG:
                raise _too_long("F4__c", v, LONG)
        custom["f4"] = v or None
    v = get("F5__c", _ABSENT)
    if v is not _ABSENT:
        if v is not None:
            v = v.strip()
            if len(v) > LONG:
                raise _too_long("F5__c", v, LONG)
        custom["f5"] = v or None
    v = get("F6__c", _ABSENT)
    if v is not _ABSENT:
        if v is not None:
            v = v.strip()
            if len(v) > LONG:
                raise _too_long("F6__c", v, LONG)
        custom["f6"] = v or None
    v = get("F7__c", _ABSENT)
    if v is not _ABSENT:
        if v is not None:
            v = v.strip()
            if len(v) > LONG:
                raise _too_long("F7__c", v, LONG)
        custom["f7"] = v or None
    v = get("F8__c", _ABSENT)
    if v is not _ABSENT:
        if v is not None:
            v = v.strip()
            if len(v) > LONG:
                raise _too_long("F8__c", v, LONG)
        custom["f8"] = v or None
    v = get("F9__c", _ABSENT)
    if v is not _ABSENT:
        if v is not None:
            v = v.strip()
            if len(v) > LONG:
                raise _too_long("F9__c", v, LONG)
        custom["f9"] = v or None
    v = get("F10__c", _ABSENT)
    if v is not _ABSENT:
        if v is not None:
            v = v.strip()
            if len(v) > LONG:
                raise _too_long("F10__c", v, LONG)
        custom["f10"] = v or None
    if custom:
        out["custom_fields"] = custom
    return out


def bare(record: Record) -> dict[str, Any]:  # noqa: C901, PLR0912, PLR0915 - the price of speed
    """Copy by hand what is there: no limits, no difference between empty and unknown."""
    get = record.get
    out: dict[str, Any] = {}
    v = get("Email")
    if v is not None:
        out["email_address"] = {"address": v.strip().lower()}
    v = get("FirstName")
    if v is not None:
        out["first_name"] = v.strip()
    v = get("LastName")
    if v is not None:
        out["last_name"] = v.strip()
    v = get("Birthdate")
    if v is not None:
        out["birthday_month"] = int(v[5:7])
        out["birthday_day"] = int(v[8:10])
    phones: dict[str, str | None] = {}
    v = get("MobilePhone")
    if v is not None:
        phones["mobile"] = v.strip()
    if phones:
        out["phone_numbers"] = phones
    home: dict[str, str | None] = {}
    v = get("MailingStreet")
    if v is not None:
        home["street"] = v.strip()
    v = get("MailingCity")
    if v is not None:
        home["city"] = v.strip()
    v = get("MailingPostalCode")
    if v is not None:
        home["postal_code"] = v.strip()
    if home:
        out["street_addresses"] = {"home": home}
    custom: dict[str, str | None] = {}
    v = get("F0__c")
    if v is not None:
        custom["f0"] = v.strip()
    v = get("F1__c")
    if v is not None:
        custom["f1"] = v.strip()
    v = get("F2__c")
    if v is not None:
        custom["f2"] = v.strip()
    v = get("F3__c")
    if v is not None:
        custom["f3"] = v.strip()
    v = get("F4__c")
    if v is not None:
        custom["f4"] = v.strip()
    v = get("F5__c")
    if v is not None:
        custom["f5"] = v.strip()
    v = get("F6__c")
    if v is not None:
        custom["f6"] = v.strip()
    v = get("F7__c")
    if v is not None:
        custom["f7"] = v.strip()
    v = get("F8__c")
    if v is not None:
        custom["f8"] = v.strip()
    v = get("F9__c")
    if v is not None:
        custom["f9"] = v.strip()
    v = get("F10__c")
    if v is not None:
        custom["f10"] = v.strip()
    if custom:
        out["custom_fields"] = custom
    return out


def _records_per_s(
    function: Callable[[Record], object], records: list[Record], seconds: float
) -> float:
    """Return how many records a second the function does, measured for about `seconds`."""
    done, start = 0, time.perf_counter()
    while (taken := time.perf_counter() - start) < seconds:
        for record in records:
            function(record)
        done += len(records)
    return done / taken


def _compiled() -> Callable[[Record], dict[str, Any]]:
    files = read_files(DEFAULTS) | {"contact.yaml": CONTACT}
    return load_mapping(files, profile="practifi", overrides={}).contact.project


def _assert_same(mapped: Callable[[Record], object]) -> None:
    """Stop unless all sides give the same: a ratio of different work means nothing."""
    others = [path for path in RECORD if path != "Email"]
    variants = [RECORD]
    variants += [{**RECORD, path: None} for path in others]
    variants += [{key: v for key, v in RECORD.items() if key != path} for path in others]
    for record in variants:
        assert mapped(record) == same_rules(record), record  # noqa: S101
    full = {**RECORD, "MailingPostalCode": " LS1 "}
    assert mapped(full) == same_rules(full) == bare(full)  # noqa: S101


def check_defaults() -> None:
    """Do what `bridge mapping check` does with the default mappings."""
    files = read_files(DEFAULTS)
    refuse_failing(load_mapping(files, profile="practifi", overrides={}), files)


_IN_A_NEW_PROCESS = (
    "from time import perf_counter; start = perf_counter(); "
    "from benchmarks.mapping import check_defaults; check_defaults(); "
    "print((perf_counter() - start) * 1000)"
)


def _check_times_ms(rounds: int) -> dict[str, list[float]]:
    """Return how long checking the default mappings takes, in milliseconds, by what is counted."""
    times: dict[str, list[float]] = {"in a process": [], "with imports": [], "as a command": []}
    check_defaults()
    for _ in range(rounds):
        start = time.perf_counter()
        check_defaults()
        times["in a process"].append((time.perf_counter() - start) * 1000)
        told = subprocess.run(
            [sys.executable, "-c", _IN_A_NEW_PROCESS], check=True, capture_output=True, text=True
        )
        times["with imports"].append(float(told.stdout))
        start = time.perf_counter()
        command = [str(Path(sys.executable).with_name("bridge")), "mapping", "check", str(DEFAULTS)]
        subprocess.run(command, check=True, capture_output=True)
        times["as a command"].append((time.perf_counter() - start) * 1000)
    return times


def main() -> int:
    """Print the tables; the exit code is 0 where both reach their bars."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=1, help="a slice of one side")
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    mapped = _compiled()
    _assert_same(mapped)
    # Different objects with the same text, so that no cache of one object's hash flatters a side.
    records = [dict(RECORD) for _ in range(100)]
    sides = {"mapping": mapped, "same rules": same_rules, "bare": bare}
    rates: dict[str, list[float]] = {name: [] for name in sides}
    for number in range(arguments.rounds):
        order = list(sides) if number % 2 == 0 else list(reversed(sides))
        for name in order:
            rates[name].append(_records_per_s(sides[name], records, arguments.seconds))
    print("| side | records/s (median) | mapping / side: median (min..max) |")
    print("|---|---|---|")
    ratios = {}
    for name in sides:
        ratio = [own / other for own, other in zip(rates["mapping"], rates[name], strict=True)]
        ratios[name] = statistics.median(ratio)
        rate = statistics.median(rates[name])
        print(f"| {name} | {rate:,.0f} | {ratios[name]:.2f} ({min(ratio):.2f}..{max(ratio):.2f}) |")
    times = _check_times_ms(arguments.rounds)
    print("\n| checking the default mappings | median ms (min..max) |")
    print("|---|---|")
    for name, taken in times.items():
        print(f"| {name} | {statistics.median(taken):.0f} ({min(taken):.0f}..{max(taken):.0f}) |")
    is_soon = statistics.median(times["in a process"]) < MOST_CHECK_MS
    return 0 if ratios["same rules"] >= LEAST_RATIO and is_soon else 1


if __name__ == "__main__":
    sys.exit(main())
