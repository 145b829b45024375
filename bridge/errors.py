"""The errors of the bridge: the class says what happens next, the message says what to do.

BridgeError
├─ ConfigurationError          stop at start, exit 2; lists every fault
│   ├─ MappingError            a mapping file: file, line, column, field
│   └─ SetupRefused            a step of connecting did not succeed: one sentence, one action
├─ RejectedMessage             refused at the door, nothing stored
│   ├─ NotAnOutboundMessage    fault 400
│   ├─ UnknownOrganization     fault 403
│   ├─ UnknownEndpoint         fault 404
│   └─ TooLarge                fault 413
├─ RecordError                 this record only: dead letter
│   ├─ ConversionError         a value that the mapping cannot turn into what the other side takes
│   ├─ MissingKey              no e-mail address, no name
│   └─ RecordRefused           the other side refuses this record's content
├─ RemoteError                 has system, status, key
│   ├─ Retryable               try again after `after_s`
│   │   ├─ Unavailable         network, time-out, 5xx, a body that is not the vendor's
│   │   │   ├─ OutOfService    known to answer nobody: not asked
│   │   │   └─ SetupUnavailable the same sentence and action, where a side does not answer
│   │   ├─ Throttled           too many calls in this second
│   │   └─ Conflict            two writers met: read again, decide again
│   ├─ Terminal                the next record would fail too
│   │   ├─ Unauthorized        the connection must be authorised again by a person
│   │   ├─ Forbidden           a scope, a privilege or a permission is missing
│   │   └─ QuotaSpent          the day's allowance is gone until `until`
│   ├─ NotFoundRemotely        the thing is not there: decide again on what is
│   └─ TooMuchAtOnce           one answer does not hold what was asked for: ask for less
├─ NoSlotNow                   the budget has no call for this lane before `due_at`
├─ NotSettled                  another subject has to come first, or this one does not come to rest
│   └─ StillAtWork             the other side has begun and has not ended: ask again
├─ NotConfirmed                what was answered as done was not found so when it was read back
├─ LeaseLost                   another worker owns the subject now: write nothing
└─ RunRefused                  a limit protected the data

No message holds an e-mail address, a token or a body.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bridge.mapping.told import FileFault


class BridgeError(Exception):
    """Any error that the bridge raises on purpose."""


class ConfigurationError(BridgeError):
    """The installation cannot start or run like this; the message lists every fault."""


class MappingError(ConfigurationError):
    """A mapping file has faults.

    Attributes:
        faults: One line a fault, `file:line:column: cause`.
        details: The same with file, place and the line itself apart, where these are known.
    """

    def __init__(self, faults: Sequence[str | FileFault]) -> None:
        self.faults = [str(fault) for fault in faults]
        self.details = [fault for fault in faults if not isinstance(fault, str)]
        super().__init__("\n".join(self.faults))


class SetupRefused(ConfigurationError):
    """A step of connecting did not succeed, and somebody has to act.

    Attributes:
        cause: A word of `bridge.setup.causes` that stays.
        says: What is wrong, in one sentence.
        do: What to do about it.
    """

    def __init__(self, cause: str, says: str, do: str) -> None:
        super().__init__(f"{says}\n-> {do}")
        self.cause = cause
        self.says = says
        self.do = do


class RejectedMessage(BridgeError):
    """An outbound message that is refused at the door: nothing is stored.

    Attributes:
        status: The HTTP status of the SOAP fault.
        cause: A short stable word for counters and logs.
    """

    status = 400

    def __init__(self, cause: str, message: str) -> None:
        super().__init__(message)
        self.cause = cause


class NotAnOutboundMessage(RejectedMessage):
    """The body is not a well-formed outbound message."""


class UnknownOrganization(RejectedMessage):
    """The message comes from an organization that this connection does not serve."""

    status = 403


class UnknownEndpoint(RejectedMessage):
    """No connection has this name and secret."""

    status = 404


class TooLarge(RejectedMessage):
    """The body is larger than the configured size."""

    status = 413


class RecordError(BridgeError):
    """This record cannot be delivered as it is; others go on.

    Attributes:
        field: The field at fault, in the words of the side that refused it, or None.
        key: The vendor's error key or code, or None.
    """

    def __init__(self, message: str, *, field: str | None = None, key: str | None = None) -> None:
        super().__init__(message)
        self.field = field
        self.key = key


class ConversionError(RecordError):
    """A value that the mapping cannot turn into what the other side takes."""


class MissingKey(RecordError):
    """The record has nothing to be matched by."""


class RecordRefused(RecordError):
    """The other side refuses the content of this record; the message has its words."""


class RemoteError(BridgeError):
    """A remote side did not do what was asked.

    Attributes:
        system: `salesforce` or `constant_contact`.
        status: HTTP status, or None when no answer came.
        key: The vendor's error key or code, or None.
    """

    def __init__(
        self, message: str, *, system: str, status: int | None = None, key: str | None = None
    ) -> None:
        super().__init__(message)
        self.system = system
        self.status = status
        self.key = key


class Retryable(RemoteError):
    """The same call may succeed later.

    Attributes:
        after_s: Wait in seconds that the remote side asked for, or None.
    """

    after_s: float | None = None


class Unavailable(Retryable):
    """No answer, a server error, or an answer that is not the vendor's."""


class OutOfService(Unavailable):
    """The service is known to answer nobody at present, so it was not asked."""


class SetupUnavailable(Unavailable):
    """A step of connecting did not succeed, because a side does not answer as it should.

    Attributes:
        cause: A word of `bridge.setup.causes` that stays.
        says: What is wrong, in one sentence.
        do: What to do about it.
    """

    def __init__(self, cause: str, says: str, do: str, *, system: str) -> None:
        super().__init__(f"{says}\n-> {do}", system=system)
        self.cause = cause
        self.says = says
        self.do = do


class Throttled(Retryable):
    """Too many calls in this second."""

    after_s = 1.0


class Conflict(Retryable):
    """Two writers met, or the thing exists already: read again and decide again."""


class Terminal(RemoteError):
    """The next record would fail too: the connection stops until somebody acts."""


class Unauthorized(Terminal):
    """The credentials are refused: a person must authorise the connection again."""


class Forbidden(Terminal):
    """A scope, a privilege or a permission is missing."""


class QuotaSpent(Terminal):
    """The day's allowance is gone.

    Attributes:
        until: When calls are allowed again (UTC), or None when the vendor does not say.
    """

    until: datetime | None = None


class NotFoundRemotely(RemoteError):
    """The thing is not there (any more): decide again on what is."""


class TooMuchAtOnce(RemoteError):
    """One answer does not hold what was asked for: ask for less."""


class NoSlotNow(BridgeError):
    """The budget grants this lane no call at present.

    Attributes:
        due_at: When to ask again (UTC).
    """

    def __init__(self, due_at: datetime) -> None:
        super().__init__(f"no API call before {due_at.isoformat()}")
        self.due_at = due_at


class NotSettled(BridgeError):
    """The subject must wait for another one, or does not come to rest: it is tried again.

    Attributes:
        behind: Keys of the subjects that have to come first.
        beside: Key of the subject that it has to hold as well, and that somebody holds.
        after_s: Seconds until one of them may be settled; None where that is not known.
    """

    def __init__(
        self,
        message: str,
        *,
        behind: tuple[str, ...] = (),
        beside: str | None = None,
        after_s: float | None = None,
    ) -> None:
        super().__init__(message)
        self.behind = behind
        self.beside = beside
        self.after_s = after_s


class StillAtWork(NotSettled):
    """The other side works at what was asked: it is asked again after `after_s`, however often."""


class NotConfirmed(BridgeError):
    """What a remote side answered as done was not so when it was read back: it is tried again."""


class LeaseLost(BridgeError):
    """The lease of a subject ran out or was taken: the holder must write nothing more."""


class RunRefused(BridgeError):
    """A limit protected the data."""
