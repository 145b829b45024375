"""Questions to whoever sits at the terminal; where nobody does, nothing is asked."""

from __future__ import annotations

import getpass
import sys

from bridge.setup.causes import refusal


def is_terminal() -> bool:
    """Tell whether somebody can be asked."""
    return sys.stdin.isatty()


def tell(text: str = "") -> None:
    """Say something to whoever follows; standard output is for the result."""
    _say(f"{text}\n")


def ask(what: str, option: str, default: str | None = None) -> str:
    """Return the answer to a question; an empty one takes the default.

    Args:
        what: What is asked for; begins a sentence.
        option: By what it can be given instead.
        default: What is taken where nobody answers.

    Raises:
        SetupRefused: If there is no default and nobody to ask.
    """
    if not is_terminal():
        if default is not None:
            return default
        raise refusal("unanswered", what=what, option=option)
    hint = "" if default is None else f" [{default}]"
    while True:
        _say(f"{what}{hint}: ")
        line = sys.stdin.readline()
        answer = line.strip() or default
        if answer is not None:
            return answer
        if not line:  # its end: nobody answers any more
            raise refusal("unanswered", what=what, option=option)


def ask_secret(what: str, option: str, *, may_be_empty: bool = False) -> str:
    """Return a secret: typed without being shown, or the first line of standard input.

    Raises:
        SetupRefused: If there is none.
    """
    answer = getpass.getpass(f"{what}: ") if is_terminal() else sys.stdin.readline()
    answer = answer.strip()
    if not answer and not may_be_empty:
        raise refusal("unanswered", what=what, option=option)
    return answer


def confirm(question: str, what: str, *, is_given: bool) -> None:
    """Go on where it is agreed to.

    Args:
        question: What to agree to.
        what: What was not confirmed, for the sentence about it.
        is_given: It was agreed to beforehand.

    Raises:
        SetupRefused: If it is not, or nobody can be asked.
    """
    if is_given:
        return
    if is_terminal():
        _say(f"{question} [y/N]: ")
        if sys.stdin.readline().strip().lower() in {"y", "yes"}:
            return
    raise refusal("unconfirmed", what=what)


def _say(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()
