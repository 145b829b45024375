"""The one error that the stand-in answers with, in the shape of the REST API."""

from __future__ import annotations


class ApiError(Exception):
    """A refusal, as Salesforce words it.

    Attributes:
        code: The `errorCode` (`statusCode` in collection results).
        message: The sentence that goes with it.
        status: HTTP status of a single call.
        fields: API names of the fields at fault.
    """

    def __init__(
        self, code: str, message: str, *, status: int = 400, fields: tuple[str, ...] = ()
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.fields = fields

    def body(self) -> list[dict[str, object]]:
        """Return the body of a single call's answer: a list with one error.

        >>> ApiError("NOT_FOUND", "gone", status=404).body()
        [{'message': 'gone', 'errorCode': 'NOT_FOUND'}]
        """
        error: dict[str, object] = {"message": self.message, "errorCode": self.code}
        if self.fields:
            error["fields"] = list(self.fields)
        return [error]

    def item(self) -> dict[str, object]:
        """Return the error as an item of a collection's result holds it."""
        return {"statusCode": self.code, "message": self.message, "fields": list(self.fields)}


def not_found() -> ApiError:
    """Return the answer for a path, an object or a record that is not there."""
    return ApiError("NOT_FOUND", "The requested resource does not exist", status=404)
