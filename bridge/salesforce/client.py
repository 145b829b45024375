"""The Salesforce REST API, as far as the bridge reads by it: records, deletes, what there is."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from bridge.identity import salesforce_id
from bridge.salesforce.answers import unavailable
from bridge.salesforce.bulk_ingest import BulkIngest
from bridge.salesforce.bulk_query import BulkQueries
from bridge.salesforce.children import columns
from bridge.salesforce.collections import Collections
from bridge.salesforce.metadata import Metadata
from bridge.salesforce.model import Deleted, Identity, Updated
from bridge.salesforce.names import checked_name
from bridge.salesforce.reports import Reports
from bridge.salesforce.session import Session
from bridge.salesforce.tokens import SalesforceTokens
from bridge.salesforce.values import as_asked, flatten

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from simple_salesforce.api import Salesforce as Library

    from bridge.connections.keyring import KeyRing
    from bridge.connections.model import Connection
    from bridge.db.database import Database
    from bridge.salesforce.values import Record
    from bridge.settings import Settings

_IDS_A_QUERY = 200  # an address of some 6 kB; Salesforce takes 16


def open_salesforce(
    connection: Connection, database: Database, keyring: KeyRing, settings: Settings
) -> Salesforce:
    """Return the organization of a connection; nothing is sent yet.

    Raises:
        Unauthorized: If the connection has no address of its Salesforce.
    """
    tokens = SalesforceTokens(connection, database, keyring, settings.http_timeout_s)
    return Salesforce(Session(connection, tokens, settings.http_timeout_s))


class Salesforce:
    """One connection's organization. Every method raises the errors of `Session.call`.

    Not to be shared by threads.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    @property
    def collections(self) -> Collections:
        """Where records are saved."""
        return Collections(self._session)

    @property
    def answered_at(self) -> datetime | None:
        """When it answered last, by its own clock (UTC); None where it does not say."""
        return self._session.answered_at

    @property
    def bulk_queries(self) -> BulkQueries:
        """Where whole objects are read at once."""
        return BulkQueries(self._session)

    @property
    def reports(self) -> Reports:
        """Where reports are run."""
        return Reports(self._session)

    @property
    def bulk_ingest(self) -> BulkIngest:
        """Where very many records are saved."""
        return BulkIngest(self._session)

    @property
    def metadata(self) -> Metadata:
        """Where packages are deployed."""
        return Metadata(self._session)

    def close(self) -> None:
        """Close the connections that are kept open."""
        self._session.close()

    def read_back(
        self,
        object: str,  # noqa: A002 -- the domain's word
        ids: Sequence[str],
        paths: Sequence[str],
    ) -> dict[str, Record]:
        """Return the present values of records, by 18-character id.

        The keys of a record are `Id` and the paths, spelled as given. A record that is missing is
        deleted, or the bridge's user may not see it. Where a parent is null, the paths below it
        are None.

        Raises:
            Forbidden: If the object or a field is missing or hidden.
            ConfigurationError: If a name is no API name.
        """
        wanted = ["Id", *paths]
        selected = columns(wanted)
        found: dict[str, Record] = {}
        unique = sorted({salesforce_id(record_id) for record_id in ids})
        for start in range(0, len(unique), _IDS_A_QUERY):
            quoted = ",".join(
                f"'{record_id}'" for record_id in unique[start : start + _IDS_A_QUERY]
            )
            soql = f"SELECT {selected} FROM {checked_name(object)} WHERE Id IN ({quoted})"  # noqa: S608
            for record in self.query(soql):
                named = as_asked(record, wanted)
                found[salesforce_id(named["Id"] or "")] = named
        return found

    def in_recycle_bin(
        self,
        object: str,  # noqa: A002 -- the domain's word
        where: Literal["Id", "MasterRecordId"],
        ids: Sequence[str],
        paths: Sequence[str] = (),
    ) -> list[Record]:
        """Return deleted records; those that were merged into another one name it.

        Args:
            object: What they are.
            where: Whether the ids are theirs, or those of the records they were merged into.
            ids: Which.
            paths: Fields to return beside `Id`, `MasterRecordId` and `SystemModstamp`.
        """
        found: list[Record] = []
        wanted = list(dict.fromkeys(("Id", "MasterRecordId", "SystemModstamp", *paths)))
        selected = columns(wanted)
        unique = sorted({salesforce_id(record_id) for record_id in ids})
        for start in range(0, len(unique), _IDS_A_QUERY):
            quoted = ",".join(f"'{one}'" for one in unique[start : start + _IDS_A_QUERY])
            soql = (
                f"SELECT {selected} FROM {checked_name(object)} "  # noqa: S608
                f"WHERE IsDeleted = true AND {where} IN ({quoted})"
            )
            found += [as_asked(one, wanted) for one in self.query(soql, deleted=True)]
        return found

    def query(self, soql: str, *, deleted: bool = False) -> Iterator[Record]:
        """Yield the records that a SOQL query finds, page by page.

        Args:
            soql: The query.
            deleted: Whether those in the recycle bin are among them.

        Raises:
            Conflict: If the cursor ended between two pages: start again.
        """
        page = _page(
            self._session.call(lambda library: library.query(soql, include_deleted=deleted))
        )
        while True:
            yield from (flatten(self._with_all_children(record)) for record in page["records"])
            following = page.get("nextRecordsUrl")
            if page.get("done") or not isinstance(following, str):
                return
            page = self._following_page(following)

    def count(self, soql: str) -> int:
        """Return the number that a `SELECT COUNT()` query finds."""
        size = _page(self._session.call(lambda library: library.query(soql))).get("totalSize")
        if isinstance(size, int):
            return size
        raise unavailable("an answer without totalSize")

    def count_all(self, object: str) -> int:  # noqa: A002 -- the domain's word
        """Return how many records of an object the bridge's user can see."""
        return self.count(f"SELECT COUNT() FROM {checked_name(object)}")  # noqa: S608 -- checked

    def deleted(self, object: str, start: datetime, end: datetime) -> Deleted:  # noqa: A002
        """Return what was deleted between two times (aware; at least a minute, at most 15 days)."""
        answer = self._get(
            f"sobjects/{checked_name(object)}/deleted/",
            {"start": _iso(start), "end": _iso(end)},
        )
        try:
            return Deleted(
                [
                    (salesforce_id(row["id"]), _time(row["deletedDate"]))
                    for row in answer["deletedRecords"]
                ],
                _time(answer["latestDateCovered"]),
                _time(answer["earliestDateAvailable"]),
            )
        except (KeyError, TypeError, ValueError):
            raise unavailable("an answer without deletedRecords and the time they cover") from None

    def updated(self, object: str, start: datetime, end: datetime) -> Updated:  # noqa: A002
        """Return what was made or changed between two times (aware; at most 30 days back)."""
        answer = self._get(
            f"sobjects/{checked_name(object)}/updated/",
            {"start": _iso(start), "end": _iso(end)},
        )
        try:
            ids = [salesforce_id(record_id) for record_id in answer["ids"]]
            return Updated(ids, _time(answer["latestDateCovered"]))
        except (KeyError, TypeError, ValueError):
            raise unavailable("an answer without ids and the time they cover") from None

    def describe(self, object: str) -> dict[str, Any]:  # noqa: A002 -- the domain's word
        """Return what an object is made of.

        Raises:
            NotFoundRemotely: If there is no such object, or the bridge's user may not see it.
        """
        answer = self._get(f"sobjects/{checked_name(object)}/describe")
        if isinstance(answer, dict) and isinstance(answer.get("fields"), list):
            return answer
        raise unavailable("an answer without fields")

    def objects(self) -> set[str]:
        """Return the API names of all objects that the bridge's user may see."""
        answer = self._get("sobjects")
        try:
            return {str(one["name"]) for one in answer["sobjects"]}
        except (KeyError, TypeError):
            raise unavailable("an answer without sobjects") from None

    def list_views(self, object: str) -> list[tuple[str, str]]:  # noqa: A002 -- the domain's word
        """Return id and label of the list views of an object whose query SOQL can ask."""
        path: str | None = f"sobjects/{checked_name(object)}/listviews"
        found: list[tuple[str, str]] = []
        while path is not None:
            answer = self._get(path)
            try:
                found += [
                    (salesforce_id(one["id"]), str(one["label"]))
                    for one in answer["listviews"]
                    if one.get("soqlCompatible", True)
                ]
                following = answer.get("nextRecordsUrl")
            except (AttributeError, KeyError, TypeError, ValueError):
                raise unavailable("an answer without list views") from None
            path = following.partition("/sobjects/")[2] or None if following else None
            path = None if path is None else f"sobjects/{path}"
        return found

    def list_view_query(self, object: str, view_id: str) -> str:  # noqa: A002
        """Return the SOQL of a list view; `Id` is among what it selects.

        Raises:
            NotFoundRemotely: If there is no such view, or the bridge's user may not see it.
        """
        path = f"sobjects/{checked_name(object)}/listviews/{salesforce_id(view_id)}/describe"
        query = self._get(path).get("query")
        if isinstance(query, str):
            return query
        raise unavailable("an answer without the query of the list view")

    def calls_of_the_day(self) -> tuple[int, int]:
        """Return how many API calls of the last 24 hours are left, and how many there are."""
        match self._get("limits"):
            case {"DailyApiRequests": {"Remaining": int(left), "Max": int(most)}}:
                return left, most
            case _:
                raise unavailable("an answer without DailyApiRequests")

    def identity(self) -> Identity:
        """Return who the bridge is there."""
        answer = self._session.call(_userinfo)
        match answer:
            case {"user_id": str(user_id), "organization_id": str(organization_id)}:
                username = str(answer.get("preferred_username", ""))
                return Identity(salesforce_id(user_id), salesforce_id(organization_id), username)
            case _:
                raise unavailable("an answer without user_id")

    def own_user_id(self) -> str:
        """Return the 18-character id of the bridge's own user."""
        return self.identity().user_id

    def _get(self, path: str, params: dict[str, str] | None = None) -> Any:
        return self._session.call(lambda library: library.restful(path, params=params))

    def _with_all_children(self, record: dict[str, Any]) -> dict[str, Any]:
        """Return a record with the further pages of its child records, where it has many."""
        whole = dict(record)
        for name, value in record.items():
            children = value
            while isinstance(children, dict) and isinstance(children.get("nextRecordsUrl"), str):
                children = self._following_page(children["nextRecordsUrl"])
                known = whole[name]["records"]
                whole[name] = {"records": [*known, *children["records"]]}
        return whole

    def _following_page(self, url: str) -> dict[str, Any]:
        if not url.startswith("/services/data/"):
            raise unavailable("the next page is on another server")
        return _page(
            self._session.call(lambda library: library.query_more(url, identifier_is_url=True))
        )


def _userinfo(library: Library) -> Any:
    """Ask who we are: the library has no method for it, only the address."""
    response = library._call_salesforce("GET", f"{library.oauth2_url}userinfo")  # noqa: SLF001
    return response.json()


def _page(answer: Any) -> dict[str, Any]:
    records = answer.get("records") if isinstance(answer, dict) else None
    if isinstance(records, list) and all(isinstance(record, dict) for record in records):
        return {**answer}
    raise unavailable("an answer without records")


def _iso(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="seconds")


def _time(text: str) -> datetime:
    """Return an aware time in UTC from REST's spelling, `2026-11-02T09:15:00.000+0000`."""
    return datetime.fromisoformat(text).astimezone(UTC)
