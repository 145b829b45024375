"""A documentation of a mapping as Markdown, as a page of HTML, or as JSON. Pure."""

from __future__ import annotations

import json
from dataclasses import asdict
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bridge.mapping.documentation import Documentation, Part, Section

TITLE = "What goes from Salesforce to Constant Contact, and back"
_LEFT_OUT = "Takes no part"
_PARTS = "What is filled"
_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:75rem;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%}th,td{border:1px solid #999;padding:.4rem;"
    "text-align:left;vertical-align:top}code{font-size:.85em}"
)


def columns_of(parts: Sequence[Part]) -> list[str]:
    """Return the heads of the table of parts; without a history nothing is said of it."""
    told = ["Part", "Where it comes from", "When it is written", "When it is empty", "Limit"]
    has_example = any(part.example is not None for part in parts)
    has_since = any(part.since is not None for part in parts)
    return [
        *told,
        *(["Example"] if has_example else []),
        *(["Unchanged since"] if has_since else []),
    ]


def cells_of(part: Part, columns: Sequence[str]) -> list[str]:
    """Return the row of a part, without its name."""
    cells = {
        "Where it comes from": f"{part.comes_from} {part.changes}".strip(),
        "When it is written": part.written,
        "When it is empty": part.when_empty,
        "Limit": part.limit,
        "Example": part.example or "",
        "Unchanged since": part.since or "",
    }
    return [cells[column] for column in columns[1:]]


def as_json(documentation: Documentation) -> str:
    """Return the documentation as one JSON value."""
    return json.dumps(asdict(documentation), ensure_ascii=False, indent=2)


def as_markdown(documentation: Documentation) -> str:
    """Return the documentation as Markdown."""
    return "\n".join(_markdown(documentation))


def _markdown(documentation: Documentation) -> Iterator[str]:
    yield from (f"# {TITLE}", "", documentation.about)
    for section in documentation.sections:
        yield from ("", f"## {section.title}", "")
        for sentence in section.sentences:
            yield from (_plain(sentence), "")
        if section.left_out:
            yield from (f"### {_LEFT_OUT}", "")
            yield from (f"- {_plain(sentence)}" for sentence in section.left_out)
            yield ""
        if section.parts:
            yield from (f"### {_PARTS}", "")
            yield from _markdown_table(section)


def _markdown_table(section: Section) -> Iterator[str]:
    columns = columns_of(section.parts)
    yield f"| {' | '.join(columns)} |"
    yield f"|{'---|' * len(columns)}"
    for part in section.parts:
        cells = [_plain(cell) for cell in cells_of(part, columns)]
        yield f"| {_plain(part.title)} (`{part.name}`) | {' | '.join(cells)} |"


_SIGNS = str.maketrans({sign: f"\\{sign}" for sign in "\\`*[]<>|"})


def _plain(text: str) -> str:
    r"""Return a text that Markdown shows as it is, on one line.

    >>> print(_plain("a|b_c"))
    a\|b_c
    """
    return " ".join(text.translate(_SIGNS).split("\n"))


def as_html(documentation: Documentation) -> str:
    """Return the documentation as a page that needs nothing else; safe whatever the files say."""
    return "\n".join(
        [
            '<!doctype html>\n<html lang="en"><meta charset="utf-8">',
            f"<title>{TITLE}</title><style>{_STYLE}</style>",
            f"<h1>{TITLE}</h1>\n<p>{escape(documentation.about)}</p>",
            *(line for section in documentation.sections for line in _html(section)),
            "</html>\n",
        ]
    )


def _html(section: Section) -> Iterator[str]:
    yield f"<h2>{escape(section.title)}</h2>"
    for sentence in section.sentences:
        yield f"<p>{escape(sentence)}</p>"
    if section.left_out:
        rows = "".join(f"<li>{escape(sentence)}</li>" for sentence in section.left_out)
        yield f"<h3>{_LEFT_OUT}</h3>\n<ul>{rows}</ul>"
    if section.parts:
        columns = columns_of(section.parts)
        head = "".join(f'<th scope="col">{column}</th>' for column in columns)
        yield f"<h3>{_PARTS}</h3>\n<table><thead><tr>{head}</tr></thead><tbody>"
        for part in section.parts:
            cells = "".join(f"<td>{escape(cell)}</td>" for cell in cells_of(part, columns))
            name = f"{escape(part.title)}<br><code>{escape(part.name)}</code>"
            yield f'<tr><th scope="row">{name}</th>{cells}</tr>'
        yield "</tbody></table>"
