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


class DuplicatesDetected(ApiError):
    """A duplicate rule refused a record.

    Attributes:
        sobject: API name of the object.
        rule: API name of the rule.
        ids: The records that are like it.
        may_save: A header would let it through.
    """

    def __init__(
        self, message: str, *, sobject: str, rule: str, ids: tuple[str, ...], may_save: bool
    ) -> None:
        super().__init__("DUPLICATES_DETECTED", message)
        self.sobject = sobject
        self.rule = rule
        self.ids = ids
        self.may_save = may_save

    def duplicates(self, *, version: str) -> dict[str, object]:
        """Return what an answer says of the records that were found."""
        base = f"/services/data/v{version}/sobjects/{self.sobject}"
        records = [
            {
                "additionalInformation": [],
                "fieldDiffs": [],
                "matchConfidence": 100.0,
                "record": {
                    "attributes": {"type": self.sobject, "url": f"{base}/{record_id}"},
                    "Id": record_id,
                },
            }
            for record_id in self.ids
        ]
        return {
            "allowSave": self.may_save,
            "duplicateRule": self.rule,
            "duplicateRuleEntityType": self.sobject,
            "errorMessage": self.message,
            "matchResults": [
                {
                    "entityType": self.sobject,
                    "errors": [],
                    "matchEngine": "ExactMatchEngine",
                    "matchRecords": records,
                    "rule": f"{self.rule}_Matching",
                    "size": len(records),
                    "success": True,
                }
            ],
        }
