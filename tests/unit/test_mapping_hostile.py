"""No text of a mapping file becomes code, takes long, or breaks anything but its own file."""

from __future__ import annotations

import ast
import random
import re
import sys
import time
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from types import BuiltinFunctionType, CodeType, FunctionType
from typing import TYPE_CHECKING, Any
from zoneinfo import TZPATH, ZoneInfo

import pytest

import bridge.mapping
from bridge.errors import MappingError, RecordError
from bridge.mapping.compiled import load_mapping, refuse_failing
from bridge.mapping.countries import country_code, state_code
from bridge.mapping.phones import phone_of
from tests.unit.hostile_files import BASE, hostile_files, texts_of
from tests.unit.mapping_builders import a_mapping

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bridge.mapping.model import Mapping

ONE_LINE_WITH_ITS_PLACE = re.compile(r"[\w.]+:\d+:\d+: [^\n\r\u2028\u2029\x85\x00]+")
MOST_S = 5.0
QUIET = ("object.", "sys.", "marshal.", "builtins.id")  # looks at objects, and no more

RECORDS: list[dict[str, str | None]] = [
    {},
    {"Email": "ada@example.org"},
    {"Email": "ada@example.org", "A__c": "word", "B__c": "xaa", "N__c": "4", "D__c": "2026-01-31"},
    {"Email": None, "A__c": "{0.__class__}", "B__c": "a" * 300, "Account": None, "FirstName": "'"},
]


class Watch:
    """Sees what the interpreter is asked to do while it is on: a hook cannot be taken away."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, tuple[Any, ...]]] | None = None
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.seen is not None and not event.startswith(QUIET):
            self.seen.append((event, arguments))

    def during(self, act: Callable[[], object]) -> tuple[object, list[tuple[str, tuple[Any, ...]]]]:
        """Return what an act gives, or its error of ours, and what was asked meanwhile."""
        self.seen = []
        try:
            return act(), self.seen
        except (MappingError, RecordError) as error:
            return error, self.seen
        finally:
            self.seen = None


@pytest.fixture(scope="module")
def watch() -> Watch:
    state_code(country_code("Atlantis"), "US", None)  # it reads its tables once
    assert phone_of("", None, None, "e164", "keep") == ""
    return Watch()


def loaded(files: dict[str, str]) -> Mapping:
    mapping = load_mapping(files, profile="practifi", overrides={})
    with suppress(MappingError):  # a hostile text may well be another than a test expects
        refuse_failing(mapping, files)
    return mapping


def names_of(code: CodeType) -> set[str]:
    inner = [const for const in code.co_consts if isinstance(const, CodeType)]
    return {*code.co_names, *code.co_varnames}.union(*map(names_of, inner))


# What the sound files compile to: whatever texts stand in others, no other names may come.
def own_names() -> set[str]:
    return {re.sub(r"_\d+$", "", name) for name in set().union(*map(names_of, codes(loaded(BASE))))}


def functions(mapping: Mapping) -> Iterator[FunctionType]:
    for part in (mapping.contact, mapping.list, mapping.membership):
        for function in (part.leaves_out, getattr(part, "project", None)):
            if function is not None:
                assert isinstance(function, FunctionType)
                yield function


def made(mapping: Mapping) -> Iterator[FunctionType]:
    """Yield all functions that were made of a mapping: those for child records too."""
    for function in functions(mapping):
        for held in function.__globals__.values():
            if isinstance(held, FunctionType) and held.__globals__ is function.__globals__:
                yield held


def codes(mapping: Mapping) -> list[CodeType]:
    return [function.__code__ for function in made(mapping)]


def is_data(held: object) -> bool:
    if isinstance(held, tuple | frozenset | list):
        return all(map(is_data, held))
    if isinstance(held, dict):
        return is_data([*held, *held.values()])
    return held is None or isinstance(held, str | int | float | Decimal | ZoneInfo)


def is_ours(held: object) -> bool:
    """Tell whether generated code may hold this: data, or a function of this package."""
    if is_data(held) or type(held).__module__ == "re2":
        return True
    module = str(getattr(held, "__module__", None))
    return module.startswith("bridge.mapping.") or (
        isinstance(held, BuiltinFunctionType) and held.__name__ == "fullmatch"
    )


def assert_is_data_alone(mapping: Mapping, texts: str, allowed: set[str]) -> None:
    own = list(made(mapping))
    for function in own:
        held = dict(function.__globals__)
        assert held.pop("__builtins__") == {"ValueError": ValueError, "len": len}
        assert all(each in own or is_ours(each) for each in held.values())
        for code in (function.__code__, *filter(is_code, function.__code__.co_consts)):
            assert {re.sub(r"_\d+$", "", name) for name in names_of(code)} <= allowed
            for const in strings_in([c for c in code.co_consts if not isinstance(c, CodeType)]):
                assert const.lower() in texts or const in OWN_TEXTS


LISTS_ZONES = {"os.listdir", "os.scandir", "os.walk"}
# Every text of the package, among them all templates; a call has as many holes as it takes.
WRITTEN = {
    node.value
    for path in Path(bridge.mapping.__path__[0]).glob("*.py")
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    if isinstance(node, ast.Constant) and isinstance(node.value, str)
}
A_CALL = re.compile(r"CALL\(VALUE(, ARGUMENT_X*)*(, [a-z_]+=NAMED_[A-Z_]+)*\)")


def is_code(held: object) -> bool:
    return isinstance(held, CodeType)


def strings_in(held: object) -> Iterator[str]:
    if isinstance(held, str):
        yield held
    elif isinstance(held, tuple | frozenset | list):
        for each in held:
            yield from strings_in(each)


OWN_TEXTS = {*strings_in([code.co_consts for code in codes(loaded(BASE))])}


def assert_asked_for_nothing(events: list[tuple[str, tuple[Any, ...]]]) -> None:
    """Compiling asks for templates of ours, trees of ours, and files of time zones; no more."""
    for event, arguments in events:
        if event == "compile" and isinstance(arguments[0], str | bytes):
            source = arguments[0] if isinstance(arguments[0], str) else arguments[0].decode()
            assert source in WRITTEN or A_CALL.fullmatch(source)
        elif event == "open":
            assert str(arguments[0]).startswith((*TZPATH, sys.prefix, sys.base_prefix))
        else:
            assert event in {"compile", "exec", "import", *LISTS_ZONES}, event


def judge(files: dict[str, str], watch: Watch, allowed: set[str]) -> bool:
    """Return whether hostile files were taken; nothing but data may come of them."""
    started = time.thread_time()
    answer, events = watch.during(lambda: loaded(files))
    assert time.thread_time() - started < MOST_S
    assert_asked_for_nothing(events)
    if isinstance(answer, MappingError):
        assert answer.faults
        assert all(map(ONE_LINE_WITH_ITS_PLACE.fullmatch, answer.faults)), answer.faults
        return False
    mapping: Any = answer
    assert_is_data_alone(mapping, texts_of(files), allowed)
    for record, function in ((r, f) for r in RECORDS for f in functions(mapping)):
        before = dict(record)
        becomes, events = watch.during(lambda f=function, r=record: f(r))  # type: ignore[misc]
        assert events == []
        assert record == before
        assert isinstance(becomes, RecordError) or is_data(becomes)
    return True


def test_no_text_of_a_mapping_becomes_code(watch: Watch, scaled: Callable[[int], int]) -> None:
    """At BRIDGE_TEST_SCALE=40 these are 10,000 files."""
    allowed, taken = own_names(), 0
    for seed in range(rounds := scaled(250)):
        files = hostile_files(random.Random(seed))  # noqa: S311
        try:
            taken += judge(files, watch, allowed)
        except BaseException as error:
            error.add_note(f"hostile files {seed}")
            raise
    assert rounds * 0.1 < taken < rounds * 0.9  # both ways are tried


def test_a_file_of_thousands_of_conditions_is_checked_in_a_moment() -> None:
    """What a file costs grows with its length, not with the square of it."""
    fifty = ", ".join(["{field: A__c, is: word}"] * 50)
    some = ", ".join([f"{{any: [{fifty}]}}"] * 40)
    head = f"leave_out: [{{when: {{all: [{some}]}}, reason: word}}]\n"
    started = time.thread_time()
    leaves_out = a_mapping(head=head).contact.leaves_out
    assert time.thread_time() - started < 2
    assert leaves_out({"A__c": "word"}) == "word"
