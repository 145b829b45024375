"""Write the functions of a mapping: `project` and `leaves_out`, from closed templates.

A value that is asked for is text, None for null, or False for *not known*: no record holds False,
so the question costs nothing. Each rule stands on a line of its own in the generated source, by
which an error finds its place in the mapping file.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bridge.errors import ConversionError, MissingKey, RecordError
from bridge.mapping import conditions, demands
from bridge.mapping.placeholders import composed, read_text
from bridge.mapping.reads import Reader
from bridge.mapping.rules import Case, LeaveOut, Lookup, Rule
from bridge.mapping.schema import ContactFile, ListFile
from bridge.mapping.step_code import step_code
from bridge.mapping.targets import Target, rules_of
from bridge.mapping.templates import Code, Namespace, compiled, fill, on_line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bridge.mapping.model import LeavesOut, Project

_PROJECT = """
def project(record):
    get = record.get
    out = {}
    try:
        RULES
    except ValueError as error:
        raise EXPLAIN(error) from None
    return out
"""
_LEAVES_OUT = """
def leaves_out(record):
    get = record.get
    unknown = 0
    try:
        RULES
    except ValueError as error:
        raise EXPLAIN(error) from None
    if unknown:
        raise UNDECIDED(unknown)
    return None
"""
_LEAVE_OUT = """
answer = CONDITION
if answer:
    return REASON
if answer is None:
    unknown = LINE
"""
_MARKED = """
if CONDITION:
    return REASON
"""
_VALUE = """
if v:
    STEPS
    STORE
elif v is not False:
    EMPTY
"""
_GROUP = """
GROUP = {}
RULES
if GROUP:
    OUT[KEY] = GROUP
"""
_CASE = """
answer = CONDITION
if answer:
    ANSWER
elif answer is None:
    v = False
else:
    REST
"""
_WHEN = """
answer = CONDITION
if answer:
    SOURCE
else:
    v = False if answer is None else None
"""
_PAIR = """
if month is not False and day is not False:
    if month is None or day is None:
        month = day = None
    out["birthday_month"] = month
    out["birthday_day"] = day
"""


@dataclass(frozen=True)
class RulePlace:
    """Where a rule stands, for the errors of the code that was written for it.

    Attributes:
        at: File, line and column: `contact.yaml:12:5`.
        what: What it decides: `phone_numbers.home`.
        field: The first Salesforce field that it reads, or None.
    """

    at: str
    what: str
    field: str | None


class FunctionWriter:
    """Writes one function of a mapping, rule by rule."""

    def __init__(
        self,
        filename: str,
        *,
        resolve: Callable[[str], str],
        place: Callable[[tuple[str | int, ...]], str],
        lookups: Mapping[str, Lookup] | None = None,
    ) -> None:
        self._filename = filename
        self._resolve = resolve
        self._place = place
        self._lookups = lookups or {}
        self._names = Namespace()
        self._reader = Reader(self._names, resolve)
        self._places: list[RulePlace] = []

    @property
    def paths(self) -> tuple[str, ...]:
        """The Salesforce fields that the code reads, in order, each once."""
        return tuple(self._reader.paths)

    def project(self, file: ContactFile | ListFile) -> Project:
        """Return the function that makes of a record what is wanted there."""
        code = self._group(dict(file.fields), ast.Name(id="out", ctx=ast.Load()), ())
        if any(target.name == "birthday_month" for target, _ in rules_of(file.fields)):
            code = fill("month = day = False", self._names) + code + fill(_PAIR, self._names)
        if isinstance(file, ContactFile) and (condition := file.explicit_permission_when):
            permission = fill(
                "if CONDITION:\n    out['permission_to_send'] = 'explicit'",
                self._names,
                CONDITION=self._reader.condition(condition),
            )
            code += self._at(permission, ("explicit_permission_when",), condition.field)
        project: Project = self._finish(_PROJECT, "project", code)
        return project

    def leaves_out(self, rules: Sequence[LeaveOut], marks: Sequence[LeaveOut] = ()) -> LeavesOut:
        """Return the function that says why a record takes no part.

        Rules that it cannot judge make it an error; a mark that is not known marks nobody.
        """
        code: Code = []
        for number, rule in enumerate(rules):
            condition = self._reader.condition(rule.when)
            holes = {"CONDITION": condition, "REASON": rule.reason, "LINE": len(self._places) + 1}
            code += self._at(
                fill(_LEAVE_OUT, self._names, **holes), ("leave_out", number), rule.when.field
            )
        for rule in marks:
            holes = {"CONDITION": self._reader.condition(rule.when), "REASON": rule.reason}
            code += self._at(fill(_MARKED, self._names, **holes), ("take_part",), rule.when.field)
        leaves_out: LeavesOut = self._finish(_LEAVES_OUT, "leaves_out", code)
        return leaves_out

    def _finish(self, template: str, name: str, code: Code) -> Any:
        holes = {
            "RULES": code or [ast.Pass()],
            "EXPLAIN": self._explain,
            "UNDECIDED": self._undecided,
        }
        return compiled(self._names, name, fill(template, self._names, **holes), self._filename)

    def _at(self, code: Code, path: tuple[str | int, ...], first_field: str | None) -> Code:
        """Put code on the next line, and remember which place of the file that line stands for."""
        what = ".".join(str(part) for part in path if part != "fields")
        field = self._resolve(first_field) if first_field else None
        self._places.append(RulePlace(self._place(path), what, field))
        return on_line(code, len(self._places))

    def _group(self, parts: Mapping[str, Any], out: ast.Name, path: tuple[str, ...]) -> Code:
        """Return the code of all rules of a mapping, and of the mappings in it."""
        code: Code = []
        for key, part in parts.items():
            if isinstance(part, Rule):
                code += self._rule(part, Target((*path, key)), out)
            elif part:
                group = ast.Name(id=f"group_{len(path)}", ctx=ast.Load())
                rules = self._group(dict(part), group, (*path, key))
                holes = {"GROUP": group, "OUT": out, "KEY": key, "RULES": rules}
                code += fill(_GROUP, self._names, **holes) if rules else []
        return code

    def _rule(self, rule: Rule, target: Target, out: ast.Name) -> Code:
        """Return the code of one rule: read, transform, fit, store."""
        template, holes = target.store
        store = fill(template, self._names, OUT=out, **holes)
        empty = fill("v = DEFAULT", self._names, DEFAULT=rule.default)
        if rule.required or target.is_key:
            missing = demands.no_key if target.is_key else demands.missing
            empty = fill("MISSING()", self._names, MISSING=missing)
        value: ast.expr = ast.Name(id="v", ctx=ast.Load())
        for step in rule.transform:
            value = step_code(step, value, self._lookups, self._names, self._reader.value)
        steps = self._fit(rule, target)
        if rule.transform:
            steps = fill("v = VALUE", self._names, VALUE=value) + steps
        if rule.transform or rule.too_long == "cut":  # of blanks nothing is left
            steps += fill("if not v:\n    EMPTY", self._names, EMPTY=empty)
        code = self._source(rule)
        for _, path in (asked for step in rule.transform for asked in step.asks):
            holes = {"ASKED": self._reader.value(path)}
            code += fill("if v and ASKED is False:\n    v = False", self._names, **holes)
        if target.path == ("email_address",):
            code += fill("if v is False:\n    UNKNOWN()", self._names, UNKNOWN=demands.not_known)
        holes = {"STEPS": steps or [ast.Pass()], "STORE": store, "EMPTY": empty + store}
        code += fill(_VALUE, self._names, **holes)
        return self._at(code, ("fields", *target.path), next(iter(rule.sources), None))

    def _fit(self, rule: Rule, target: Target) -> Code:
        """Return the code that keeps a text within its limit."""
        limit = rule.max or target.limit
        if limit is None:
            return []
        too_long = fill("REFUSE(len(v), LIMIT)", self._names, REFUSE=demands.too_long, LIMIT=limit)
        if rule.too_long == "cut":
            too_long = fill("v = v[:LIMIT].rstrip()", self._names, LIMIT=limit)
        return fill("if len(v) > LIMIT:\n    FIT", self._names, LIMIT=limit, FIT=too_long)

    def _source(self, rule: Rule) -> Code:
        """Return the code that reads the value of a rule into `v`."""
        if rule.from_ is not None:
            code = self._reader.read(rule.from_)
        elif rule.first_of is not None:
            holes = {"FIRST": conditions.first_of, "VALUES": self._reader.values(rule.first_of)}
            code = fill("v = FIRST(VALUES)", self._names, **holes)
        elif rule.join is not None:
            values = self._reader.values(rule.join.fields)
            holes = {"JOIN": conditions.joined, "VALUES": values, "WITH": rule.join.with_}
            code = fill("v = JOIN(VALUES, WITH)", self._names, **holes)
        elif rule.template is not None:
            text = read_text(rule.template)
            holes = {
                "COMPOSED": composed,
                "VALUES": self._reader.values(field.source for field in text.fields),
                "LITERALS": text.literals,
                "FALLBACKS": tuple(field.fallback for field in text.fields),
            }
            code = fill("v = COMPOSED(VALUES, LITERALS, FALLBACKS)", self._names, **holes)
        elif rule.child is not None:
            code = self._reader.read_child(rule.child, self._filename)
        elif rule.cases is not None:
            code = self._cases(rule.cases)
        else:
            code = fill("v = TEXT", self._names, TEXT=rule.value)
        if rule.when is None:
            return code
        holes = {"CONDITION": self._reader.condition(rule.when), "SOURCE": code}
        return fill(_WHEN, self._names, **holes)

    def _cases(self, cases: Sequence[Case]) -> Code:
        if not cases:
            return fill("v = None", self._names)
        first, *rest = cases
        if first.from_ is not None:
            answer = self._reader.read(first.from_)
        else:
            answer = fill("v = TEXT", self._names, TEXT=first.value)
        if first.when is None:
            return answer
        holes = {
            "CONDITION": self._reader.condition(first.when),
            "ANSWER": answer,
            "REST": self._cases(rest),
        }
        return fill(_CASE, self._names, **holes)

    def _explain(self, error: ValueError) -> RecordError:
        """Return the error of the record, with the place of the rule whose line raised."""
        assert error.__traceback__ is not None  # noqa: S101 - it was caught
        place = self._places[error.__traceback__.tb_lineno - 1]
        source = f" from {place.field}" if place.field else ""
        message = f"{place.at}: {place.what}{source}: {error}"
        kind = MissingKey if isinstance(error, demands.NoKey) else ConversionError
        return kind(message, field=place.field)

    def _undecided(self, line: int) -> RecordError:
        place = self._places[line - 1]
        return ConversionError(
            f"{place.at}: {place.what}: a field that it asks about is not known", field=place.field
        )
