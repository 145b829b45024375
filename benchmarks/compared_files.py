"""Two sides of N contacts on three lists each as text that COPY reads, one of a hundred changed."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING
from uuid import UUID

from bridge.identity import salesforce_id
from reconciler.copying import array, block

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import psycopg

A_CONTACT = 3
LISTS = 20
VALUES = 10
_LISTS_HERE = [salesforce_id(f"a0L5g{number:010d}") for number in range(LISTS)]
_LISTS_THERE = [str(UUID(int=number + 1)) for number in range(LISTS)]
_CHUNK = 1 << 18


class Files:
    """Both sides as text that COPY reads: bare, and as the product stages them."""

    def __init__(self, folder: Path, count: int) -> None:
        """Write the files."""
        self._folder = folder
        numbers = list(range(count))
        self._write("bare_here", (self._bare(n, "Last") for n in numbers))
        self._write("here", (self._here(n) for n in numbers))
        self._write(
            "members_here",
            (
                ("1", "1", _membership(n, k), _person(n), list_here(n, k), None)
                for n in numbers
                for k in range(A_CONTACT)
            ),
        )
        self._write(
            "bare_members_here",
            ((_address(n), list_here(n, k)) for n in numbers for k in range(A_CONTACT)),
        )
        Random(7).shuffle(numbers)
        self._write("bare_there", (self._bare(n, _name(n)) for n in numbers))
        self._write("there", (self._there(n, 0) for n in numbers))
        self._write("there_on_lists", (self._there(n, A_CONTACT) for n in numbers))
        self._write(
            "bare_members_there",
            ((_address(n), list_here(n, k)) for n in numbers for k in range(A_CONTACT)),
        )

    def path(self, name: str) -> Path:
        """Return where a file is."""
        return self._folder / name

    def copy(self, tx: psycopg.Connection, statement: str, name: str) -> None:
        """Copy a file into a table."""
        with (
            tx.cursor().copy(statement.encode()) as copy,
            self.path(name).open("rb") as file,
        ):
            while part := file.read(_CHUNK):
                copy.write(part)

    def _write(self, name: str, rows: Iterator[tuple[str | None, ...]]) -> None:
        with self.path(name).open("w", encoding="utf-8") as file:
            for row in rows:
                file.write(block([row]))

    @staticmethod
    def _bare(number: int, last_name: str) -> tuple[str, ...]:
        return (_address(number), *_values(number, last_name))

    @staticmethod
    def _here(number: int) -> tuple[str, ...]:
        text = "\x1f".join(_values(number, "Last"))
        return ("1", "1", _person(number), _address(number), text, "f", None, "f")  # type: ignore[return-value]

    @staticmethod
    def _there(number: int, lists: int) -> tuple[str | None, ...]:
        text = "\x1f".join(_values(number, _name(number)))
        on_lists = array(list_there(number, place) for place in range(lists))
        key = _address(number)
        return ("1", "1", _contact(number), key, text, "implicit", None, "f", on_lists)


def _values(number: int, last_name: str) -> tuple[str, ...]:
    return (
        f"First{number % 5003}",
        f"{last_name}{number % 9973}",
        f"+4411{number:08d}",
        f"{number % 900} Long Street Name",
        f"City{number % 1200}",
        f"S{number % 50}",
        str(10_000 + number % 80_000),
        "GB",
        f"{1 + number % 12:02d}-{1 + number % 28:02d}",
        "tier 0",
    )


def _name(number: int) -> str:
    return "Changed" if number % 100 == 99 else "Last"  # noqa: PLR2004 -- one of a hundred


def _address(number: int) -> str:
    return f"user{number:08d}@example{number % 97}.org"


def _person(number: int) -> str:
    return salesforce_id(f"0035g{number:010d}")


def _contact(number: int) -> str:
    return str(UUID(int=number + 1_000_000_000))


def _membership(number: int, place: int) -> str:
    return salesforce_id(f"a0M{place}g{number:010d}")


def list_here(number: int, place: int) -> str:
    """Return the record id of one of a contact's lists."""
    return _LISTS_HERE[(number + place) % LISTS]


def list_there(number: int, place: int) -> str:
    """Return the id there of one of a contact's lists."""
    return _LISTS_THERE[(number + place) % LISTS]
