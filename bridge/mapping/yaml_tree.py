"""Read YAML strictly: plain data plus the place of every key and value.

What YAML readers disagree about is refused with the place and the remedy: duplicate keys, anchors,
aliases, merge keys, tags, and plain words that one version of YAML reads as a switch, an octal
number or a time of day. So what stands in the file is what the bridge works with. Not the schema.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

# The C parser where PyYAML has it (its wheels do): same events, ten times faster.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

MAX_DEPTH = 20
MAX_CHARACTERS = 200_000
_MOST_DIGITS = 15  # what a number keeps exactly
_FEW = 12

Path: TypeAlias = tuple[str | int, ...]

_TRUE = {"true", "True", "TRUE"}
_FALSE = {"false", "False", "FALSE"}
_NULL = {"", "~", "null", "Null", "NULL"}
_SWITCH = re.compile(r"y|n|yes|no|on|off", re.IGNORECASE)
_NUMBER = re.compile(r"[-+]?(?:0|[1-9]\d*)(\.\d+)?", re.ASCII)
# No two parts of a pattern may take the same signs in turn: a scalar can be very long.
_SURPRISES = (
    (re.compile(r"[-+]?0[\d_]+", re.ASCII), "an octal number"),
    (re.compile(r"[-+]?0o[0-7]+", re.ASCII | re.IGNORECASE), "an octal number"),
    (re.compile(r"[-+]?0b[01_]+", re.ASCII | re.IGNORECASE), "a binary number"),
    (re.compile(r"[-+]?0x[0-9a-f_]+", re.ASCII | re.IGNORECASE), "a hexadecimal number"),
    (re.compile(r"[-+]?\d+(?::[0-5]?\d)+(?:\.\d*)?", re.ASCII), "a number to the base of 60"),
    (
        re.compile(r"[-+]?\d(?=\d*_)[\d_]*(?:\.[\d_]*)?", re.ASCII),
        "a number with the underscores left out",
    ),
    (re.compile(r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)e[-+]?\d+", re.ASCII | re.IGNORECASE), "a number"),
    (re.compile(r"[-+]?(?:\d+\.|\.\d+)", re.ASCII), "a number"),
    (re.compile(r"[-+]?\.inf|\.nan", re.ASCII | re.IGNORECASE), "a number without a value"),
)


class Within(int):
    """So many characters into a text: the last part of a path that points into it."""


@dataclass(frozen=True, order=True)
class Place:
    """A word of a file.

    Attributes:
        line: Counted from 1.
        column: Of its first character, counted from 1.
        end: The column after its last character; 0 where that is not known.
    """

    line: int
    column: int
    end: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong, and where."""

    place: Place
    cause: str


@dataclass
class Tree:
    """What a file holds, where each part of it stands, and what is wrong with it.

    Attributes:
        data: Mappings, lists, text, numbers, booleans and None; keys are text as written.
        values: Place of the value at each path.
        texts: Place of the first character of each text that stands in the file as it is.
        keys: Place of the key at each path.
        empty: The paths whose value is left out, or null.
        faults: What was refused; the data lacks it.
    """

    data: object = None
    values: dict[Path, Place] = field(default_factory=dict)
    texts: dict[Path, Place] = field(default_factory=dict)
    keys: dict[Path, Place] = field(default_factory=dict)
    empty: list[Path] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def place(self, path: Path, *, key: bool = False) -> Place:
        """Return the place of a value (or of its key), else that of the nearest part around it."""
        if path and isinstance(path[-1], Within):
            if first := self.texts.get(path[:-1]):
                return Place(first.line, first.column + path[-1])
            path = path[:-1]
        if key and path in self.keys:
            return self.keys[path]
        while path and path not in self.values:
            path = path[:-1]
        return self.values.get(path, Place(1, 1))


def read_tree(text: str) -> Tree:
    """Read one YAML document; faults are collected, never raised.

    >>> read_tree("a: [1, x]").data
    {'a': [1, 'x']}
    >>> [fault.cause for fault in read_tree("a: no").faults]
    ["YAML 1.1 reads no as a switch: write true or false, or 'no' in quotes for the text"]
    """
    tree = Tree()
    if len(text) > MAX_CHARACTERS:
        tree.faults.append(Fault(Place(1, 1), f"longer than {MAX_CHARACTERS:,} characters"))
        return tree
    try:
        _Reader(tree, yaml.parse(text, Loader=_Loader)).document()
    except yaml.reader.ReaderError as error:
        place = _place_in(text, error.position)
        tree.faults.append(Fault(place, "a character that YAML does not allow"))
    except UnicodeEncodeError as error:
        place = _place_in(text, error.start)
        tree.faults.append(Fault(place, "half of a character: no UTF-8 text holds one"))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        if any(words in str(error.problem) for words in _UNCLOSED):
            mark = error.context_mark or mark  # where it was opened
        place = Place(mark.line + 1, mark.column + 1) if mark else Place(1, 1)
        line = [*text.splitlines(), *[""] * place.line][place.line - 1]
        tree.faults.append(Fault(place, _syntax(error, line[place.column - 1 : place.column])))
    except _TooDeep as error:
        tree.faults.append(Fault(error.place, f"nested deeper than {MAX_DEPTH} levels"))
    return tree


def nearest(name: str, names: list[str]) -> str:
    """Return ` (did you mean …?)` with the name most like the given one, else the names if few.

    >>> nearest("frist_name", ["first_name", "last_name"])
    ' (did you mean first_name?)'
    >>> nearest("fax", ["home", "work"])
    ' (there are home, work)'
    """
    by_lower = {candidate.lower(): candidate for candidate in names}
    close = difflib.get_close_matches(name.lower(), list(by_lower), n=1, cutoff=0.6)
    if close:
        return f" (did you mean {by_lower[close[0]]}?)"
    return f" (there are {', '.join(names)})" if 0 < len(names) <= _FEW else ""


class _TooDeep(Exception):
    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place


class _Reader:
    """Turns the parser's events into data; holds the event that is being read."""

    def __init__(self, tree: Tree, events: Iterator[Any]) -> None:
        self._tree = tree
        self._events = events

    def document(self) -> None:
        next(self._events)  # start of the stream
        event = next(self._events)
        if isinstance(event, yaml.StreamEndEvent):
            self._fault(event, "the file is empty")
            return
        self._tree.data = self._value(next(self._events), ())
        next(self._events)  # end of the document
        event = next(self._events)
        if not isinstance(event, yaml.StreamEndEvent):
            self._fault(event, "a second document (`---`): write one document a file")

    def _value(self, event: Any, path: Path) -> object:
        self._tree.values[path] = _place(event)
        if len(path) > MAX_DEPTH:
            raise _TooDeep(_place(event))
        if isinstance(event, yaml.AliasEvent):
            self._fault(event, f"alias *{event.anchor}: write the value out")
            return None
        if event.anchor is not None:
            self._fault(event, f"anchor &{event.anchor}: there are no aliases here, leave it out")
        if event.tag is not None:
            self._fault(event, f"tag {event.tag}: write the plain value")
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(path)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(path)
        value = self._scalar(event)
        quotes = 2 * (event.style in {"'", '"'})
        if event.end_mark.index - event.start_mark.index == len(event.value) + quotes:
            first = _place(event)
            self._tree.texts[path] = Place(first.line, first.column + quotes // 2)
        if value is None:
            self._tree.empty.append(path)
        return value

    def _mapping(self, path: Path) -> dict[str, object]:
        found: dict[str, object] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._key(event, path)
            if key is None:
                self._value(next(self._events), (*path, ""))
                continue
            if key in found:
                first = self._tree.keys[(*path, key)]
                self._fault(event, f"key {key} is there already, in line {first.line}")
                self._value(next(self._events), (*path, ""))
                continue
            self._tree.keys[(*path, key)] = _place(event)
            found[key] = self._value(next(self._events), (*path, key))
        return found

    def _key(self, event: Any, path: Path) -> str | None:
        if not isinstance(event, yaml.ScalarEvent):
            self._value(event, (*path, ""))
            self._fault(event, "a key must be a plain word")
            return None
        if event.anchor is not None or event.tag is not None:
            self._fault(event, "a key takes no anchor and no tag")
        text: str = event.value
        if not event.style:
            if text == "<<":
                self._fault(event, "merge key <<: write the keys out")
                return None
            if text in _NULL:
                self._fault(event, "a key is missing before the colon")
                return None
            if surprise := _surprise(text):
                self._fault(event, surprise)
        return text

    def _sequence(self, path: Path) -> list[object]:
        found: list[object] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            found.append(self._value(event, (*path, len(found))))
        return found

    def _scalar(self, event: Any) -> object:
        text: str = event.value
        if event.style:  # quoted, or a block: text as it stands
            return text
        if surprise := _surprise(text) or _inexact(text):
            self._fault(event, surprise)
            return text
        if text in _NULL:
            return None
        if text in _TRUE or text in _FALSE:
            return text in _TRUE
        if match := _NUMBER.fullmatch(text):
            return float(text) if match[1] else int(text)
        return text

    def _fault(self, event: Any, cause: str) -> None:
        self._tree.faults.append(Fault(_place(event), cause))


def _inexact(text: str) -> str | None:
    """Say why a number is refused, or None: what it is kept as must be what was written."""
    if len(text) > _MOST_DIGITS and _NUMBER.fullmatch(text):
        return f"more than {_MOST_DIGITS} digits: put it in quotes as a text"
    return None


def _place_in(text: str, position: int) -> Place:
    line = text.count("\n", 0, position) + 1
    return Place(line, position - text.rfind("\n", 0, position))


def _place(event: Any) -> Place:
    start, end = event.start_mark, event.end_mark
    return Place(start.line + 1, start.column + 1, end.column + 1 if end.line == start.line else 0)


def _surprise(text: str) -> str | None:
    """Say why a plain word is refused, or None: YAML versions and readers must agree about it."""
    if _SWITCH.fullmatch(text):
        return (
            f"YAML 1.1 reads {text} as a switch: write true or false, "
            f"or '{text}' in quotes for the text"
        )
    for pattern, reading in _SURPRISES:
        if pattern.fullmatch(text):
            return (
                f"some YAML readers take {text} for {reading}: write '{text}' in quotes for the "
                f"text, or the number plainly"
            )
    return None


_UNCLOSED = ("unexpected end of stream", "',' or ']'", "',' or '}'")
_SYNTAX = (
    (
        "mapping values are not allowed",
        "a colon too many: put the value in quotes, or check the indentation",
    ),
    (
        "could not find expected ':'",
        "a key without a colon, or an indentation that does not fit",
    ),
    (
        "did not find expected key",
        "the indentation does not fit the lines above, or a quote is missing",
    ),
    ("unexpected end of stream", "the quote that begins here is never closed"),
    ("',' or ']'", "the list that begins here is never closed, or a comma is missing in it"),
    ("',' or '}'", "the mapping that begins here is never closed, or a comma is missing in it"),
    ("'-' indicator", "this stands at the level of a list: begin it with -, or indent it"),
)


def _syntax(error: yaml.MarkedYAMLError, sign: str) -> str:
    """Return the parser's complaint in words that say what to do; `sign` is what it met."""
    problem = error.problem or "not YAML"
    if "cannot start any token" in problem:
        return (
            "a tab: indent with blanks"
            if sign == "\t"
            else f"a plain word cannot begin with {sign}: put it in quotes"
        )
    return next((words for known, words in _SYNTAX if known in problem), problem)
