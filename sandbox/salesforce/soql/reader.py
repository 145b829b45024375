"""SOQL tokens one after the other: what every rule of the grammar is read with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.salesforce.soql.tokens import malformed, tokens
from sandbox.salesforce.soql.tree import Path

if TYPE_CHECKING:
    from sandbox.salesforce.errors import ApiError
    from sandbox.salesforce.soql.tokens import Token

_MOST_DIGITS = 9


class Reader:
    """The tokens of one query, and how far they have been read.

    Attributes:
        text: The query as written, for messages that point into it.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._tokens = list(tokens(text))
        self._next = 0

    def count(self) -> int:
        """Take a whole number.

        Raises:
            ApiError: MALFORMED_QUERY, where there is none.
        """
        token = self.take()
        if token.kind != "number" or not token.text.isdigit() or len(token.text) > _MOST_DIGITS:
            raise self.unexpected(token)
        return int(token.text)

    def path(self) -> Path:
        """Take a field, perhaps of a parent.

        Raises:
            ApiError: MALFORMED_QUERY, where there is none.
        """
        token = self.name()
        return Path(tuple(token.text.split(".")), token.at)

    def name(self) -> Token:
        """Take a name that is no keyword of a clause.

        Raises:
            ApiError: MALFORMED_QUERY, where there is none.
        """
        token = self.take()
        if token.kind != "name" or token.says("FROM", "WHERE", "AND", "OR"):
            raise self.unexpected(token)
        return token

    def peek(self, ahead: int = 0) -> Token:
        """Return the next token, or one behind it, and leave it there."""
        return self._tokens[min(self._next + ahead, len(self._tokens) - 1)]

    def take(self) -> Token:
        """Return the next token and go on."""
        token = self.peek()
        self._next = min(self._next + 1, len(self._tokens) - 1)
        return token

    def skip(self, *words: str) -> bool:
        """Go on where the next token says one of these words; tells whether it does."""
        if self.peek().says(*words):
            self.take()
            return True
        return False

    def need(self, word: str) -> None:
        """Go on past a word that must be there.

        Raises:
            ApiError: MALFORMED_QUERY, where there is none.
        """
        if not self.skip(word):
            raise self.unexpected()

    def unexpected(self, token: Token | None = None) -> ApiError:
        """Return the error for a token, the next one unless another is given."""
        token = token or self.peek()
        cause = (
            "unexpected end of query"
            if token.kind == "end"
            else f"unexpected token: '{token.text}'"
        )
        return malformed(self.text, token.at, cause)
