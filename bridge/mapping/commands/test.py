"""`bridge mapping test`: run the tests that stand in the mapping files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from bridge.mapping.commands.arguments import (
    DONE,
    FAILED,
    add_connection,
    add_folder,
    add_json,
    add_profile,
    folder_of,
    load_for,
)
from bridge.mapping.compiled import read_files
from bridge.mapping.own_tests_run import run_examples

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from bridge.mapping.commands.arguments import Commands
    from bridge.mapping.own_tests_run import Difference, Outcome


def add(commands: Commands) -> None:
    """Add the command to those of `bridge mapping`."""
    test = commands.add_parser("test", help="run the tests that stand in the files")
    add_folder(test)
    add_profile(test)
    add_connection(test, "by its names")
    add_json(test)
    test.set_defaults(run=_test)


def _test(arguments: argparse.Namespace) -> int:
    folder = folder_of(arguments)
    _, mapping = load_for(arguments, read_files(folder))
    outcomes = run_examples(mapping)
    failed = sum(1 for outcome in outcomes if outcome.differences)
    if arguments.json:
        told = {"ok": not failed, "tests": [_as_json(outcome) for outcome in outcomes]}
        print(json.dumps(told, ensure_ascii=False))
    elif not outcomes:
        print(f"{folder}: no tests; docs/mapping.md says how they are written")
    else:
        print("\n".join(_lines(outcomes)))
        print(f"{failed} of {len(outcomes)} failed" if failed else f"all {len(outcomes)} passed")
    return FAILED if failed else DONE


def _lines(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Yield a line a test, and below one that failed what came out otherwise."""
    places = [f"{one.example.file}:{one.example.place.line}" for one in outcomes]
    width = max(map(len, places))
    for place, outcome in zip(places, outcomes, strict=True):
        state = "FAILED" if outcome.differences else "ok"
        yield f"{state:6} {place:{width}} {outcome.example.name}"
        for one in outcome.differences:
            yield from _difference(outcome.example.file, one)


def _difference(file: str, one: Difference) -> Iterator[str]:
    rule = "" if one.rule_line is None else f"  (rule: {file}:{one.rule_line})"
    yield f"       {one.part or 'the record'}{rule}"
    yield f"       - {one.expected}  ({file}:{one.place.line}:{one.place.column})"
    yield f"       + {one.got}"


def _as_json(outcome: Outcome) -> dict[str, Any]:
    example = outcome.example
    return {
        "file": example.file,
        "line": example.place.line,
        "name": example.name,
        "ok": not outcome.differences,
        "differences": [
            {
                "part": one.part,
                "expected": one.expected,
                "got": one.got,
                "line": one.place.line,
                "column": one.place.column,
                "rule_line": one.rule_line,
            }
            for one in outcome.differences
        ],
    }
