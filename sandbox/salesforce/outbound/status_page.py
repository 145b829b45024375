"""The delivery-status page of the org as HTML; its buttons are forms, so that any browser works."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Outbound Messaging Delivery Status</title>
<style>
body {{ font: 1rem/1.5 system-ui, sans-serif; margin: 1.5rem; color: #16325c; background: #fff; }}
table {{ border-collapse: collapse; width: 100%; }}
caption {{ text-align: left; font-weight: 600; padding: .5rem 0; }}
th, td {{ border-bottom: 1px solid #595959; padding: .4rem .6rem; text-align: left;
  vertical-align: top; }}
.scroll {{ overflow-x: auto; }}
form {{ display: inline; }}
button {{ font: inherit; min-height: 2rem; padding: 0 .8rem; color: #fff; background: #0b5cab;
  border: 1px solid #0b5cab; border-radius: .25rem; cursor: pointer; }}
button:focus-visible, a:focus-visible, .scroll:focus-visible {{ outline: 3px solid #16325c;
  outline-offset: 2px; }}
</style>
</head>
<body>
<main>
<h1>Outbound Messaging Delivery Status</h1>
<p role="status">{summary}</p>
<p><a href="delivery-status">Refresh</a></p>
{waiting}
{ended}
</main>
</body>
</html>
"""
_COLUMNS = ("Type", "Object", "Record", "Queued", "Attempts", "Next attempt", "Status", "Reason")
_SHOWN_COUNT = 200


def status_page(
    waiting: Iterable[Mapping[str, object]], ended: Iterable[Mapping[str, object]]
) -> str:
    """Return the page.

    Args:
        waiting: Deliveries that have not ended, oldest first.
        ended: Those that have, oldest first.
    """
    open_ones, ended_ones = list(waiting), list(ended)
    summary = f"{_counted(len(open_ones))} waiting"
    failed = sum(each["attempts"] != 0 for each in open_ones)
    if failed:
        summary += f", {failed} of them tried in vain"
    return _PAGE.format(
        summary=summary,
        waiting=_table(
            _caption("Next items for delivery", len(open_ones)),
            open_ones[:_SHOWN_COUNT],
            with_actions=True,
        ),
        ended=_table(
            _caption("Delivered or given up, latest first", len(ended_ones)),
            ended_ones[::-1][:_SHOWN_COUNT],
        ),
    )


def _caption(text: str, count: int) -> str:
    return text if count <= _SHOWN_COUNT else f"{text} ({_SHOWN_COUNT} of {count})"


def _counted(count: int) -> str:
    return "1 message" if count == 1 else f"{count} messages"


def _table(caption: str, rows: list[Mapping[str, object]], *, with_actions: bool = False) -> str:
    if not rows:
        return f"<h2>{caption}</h2><p>None.</p>"
    columns = (*(("Action",) if with_actions else ()), *_COLUMNS)
    head = "".join(f'<th scope="col">{each}</th>' for each in columns)
    body = "".join(_row(each, with_actions=with_actions) for each in rows)
    return (
        f'<div class="scroll" role="region" aria-label="{caption}" tabindex="0"><table>'
        f"<caption>{caption}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
        "</table></div>"
    )


def _row(delivery: Mapping[str, object], *, with_actions: bool) -> str:
    cells = [
        str(delivery[name]) if delivery[name] is not None else ""
        for name in (
            "definition",
            "object",
            "record_id",
            "queued_at",
            "attempts",
            "next_attempt_at",
            "state",
            "reason",
        )
    ]
    actions = ""
    if with_actions:
        notification = escape(str(delivery["notification_id"]))
        buttons = "".join(
            f'<button name="action" value="{action}" aria-label="{label} {notification}">'
            f"{label}</button> "
            for action, label in (("retry", "Retry"), ("remove", "Del"))
        )
        actions = (
            '<td><form method="post" action="delivery-status">'
            f'<input type="hidden" name="notification_id" value="{notification}">{buttons}'
            "</form></td>"
        )
    return f"<tr>{actions}{''.join(f'<td>{escape(each)}</td>' for each in cells)}</tr>"
