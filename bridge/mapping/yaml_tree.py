"""Read YAML strictly: plain data plus the place of every key and value.

What YAML readers disagree about is refused with the place and the remedy: duplicate keys, anchors,
aliases, merge keys, tags, and plain words that one version of YAML reads as a switch, an octal
number or a time of day. So what stands in the file is what the bridge works with. Not the schema.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import yaml

from bridge.mapping.yaml_signs import NUMBER, odd_sign, surprise_of
from bridge.mapping.yaml_syntax import syntax_fault

if TYPE_CHECKING:
    from collections.abc import Iterator

# The C parser where PyYAML has it (its wheels do): same events, ten times faster.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

MAX_DEPTH = 20
MAX_CHARACTERS = 200_000
_FEW = 12

Path: TypeAlias = tuple[str | int, ...]

_TRUE = {"true", "True", "TRUE"}
_FALSE = {"false", "False", "FALSE"}
_NULL = {"", "~", "null", "Null", "NULL"}


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
        lacking: The paths of mappings that lack a key which was refused.
        faults: What was refused; the data lacks it.
    """

    data: object = None
    values: dict[Path, Place] = field(default_factory=dict)
    texts: dict[Path, Place] = field(default_factory=dict)
    keys: dict[Path, Place] = field(default_factory=dict)
    empty: list[Path] = field(default_factory=list)
    lacking: list[Path] = field(default_factory=list)
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
        cause = f"longer than {MAX_CHARACTERS:,} characters: keep other data elsewhere"
        tree.faults.append(Fault(Place(1, 1), cause))
        return tree
    if odd := odd_sign(text):
        line, column, cause = odd
        tree.faults.append(Fault(Place(line, column, column + 1), cause))
        return tree
    try:
        _Reader(tree, yaml.parse(text, Loader=_Loader)).document()
    except yaml.YAMLError as error:
        tree.data = None
        line, column, end, cause = syntax_fault(text, error)
        # Right behind a word that was refused, it is the word that the parser stumbles over.
        if not tree.faults or line - tree.faults[-1].place.line > 1:
            tree.faults.append(Fault(Place(line, column, end), cause))
    except _TooDeep as error:
        cause = f"nested deeper than {MAX_DEPTH} levels: write it flatter"
        tree.faults.append(Fault(error.place, cause))
    return tree


def nearest(name: str, names: list[str], *, cutoff: float = 0.6) -> str:
    """Return ` (did you mean …?)` with the name most like the given one, else the names if few.

    >>> nearest("frist_name", ["first_name", "last_name"])
    ' (did you mean first_name?)'
    >>> nearest("fax", ["home", "work"])
    ' (there are home, work)'
    """
    by_lower = {candidate.lower(): candidate for candidate in names}
    close = difflib.get_close_matches(name.lower(), list(by_lower), n=1, cutoff=cutoff)
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
            cause = "the file is empty: copy the one that ships, or write `source: …`"
            self._tree.faults.append(Fault(Place(1, 1), cause))
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
                self._tree.lacking.append(path)
                self._value(next(self._events), (*path, ""))
                continue
            if key in found:
                first = self._tree.keys[(*path, key)]
                cause = f"key `{key}` stands in line {first.line} already: keep one of them"
                self._fault(event, cause)
                self._value(next(self._events), (*path, ""))
                continue
            self._tree.keys[(*path, key)] = _place(event)
            found[key] = self._value(next(self._events), (*path, key))
        self._close(event, path)
        return found

    def _key(self, event: Any, path: Path) -> str | None:
        if not isinstance(event, yaml.ScalarEvent):
            self._value(event, (*path, ""))
            self._fault(event, "a key must be a plain word: write `key: value`")
            return None
        if event.anchor is not None or event.tag is not None:
            self._fault(event, "a key takes no anchor and no tag: leave it out")
        text: str = event.value
        if not event.style:
            if text == "<<":
                self._fault(event, "merge key <<: write the keys out")
                return None
            if text in _NULL:
                self._fault(event, "a key is missing before the colon: write one")
                return None
            if surprise := surprise_of(text):
                self._fault(event, surprise)
        return text

    def _sequence(self, path: Path) -> list[object]:
        found: list[object] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            found.append(self._value(event, (*path, len(found))))
        self._close(event, path)
        return found

    def _close(self, event: Any, path: Path) -> None:
        """Let the place of a collection in brackets reach to the bracket that closes it."""
        start, end = self._tree.values[path], event.end_mark
        if end.line + 1 == start.line and end.column > event.start_mark.column:
            self._tree.values[path] = Place(start.line, start.column, end.column + 1)

    def _scalar(self, event: Any) -> object:
        text: str = event.value
        if event.style:  # quoted, or a block: text as it stands
            return text
        if surprise := surprise_of(text):
            self._fault(event, surprise)
            return text
        if text in _NULL:
            return None
        if text in _TRUE or text in _FALSE:
            return text in _TRUE
        if match := NUMBER.fullmatch(text):
            return float(text) if match[1] else int(text)
        return text

    def _fault(self, event: Any, cause: str) -> None:
        self._tree.faults.append(Fault(_place(event), cause))


def _place(event: Any) -> Place:
    start, end = event.start_mark, event.end_mark
    return Place(start.line + 1, start.column + 1, end.column + 1 if end.line == start.line else 0)
