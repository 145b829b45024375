"""What deciding about one address reads, and what it says: frozen values, no I/O."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from bridge.consent.policy import Rules
from bridge.delivery.foreign import Foreign

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from bridge.consent.policy import Policy
    from bridge.consent.requests import RequestState
    from bridge.consent.standing import Asked, Evidence, OptOut
    from bridge.consent.statement import Statement
    from bridge.delivery.flapping import PausedField
    from bridge.delivery.foreign import Adoption
    from bridge.mapping.model import WriteRules
    from bridge.policies.policy import LastListPolicy, OwnerPolicy

Resource: TypeAlias = "Mapping[str, Any]"
"""A contact as Constant Contact answers it, sub-resources included."""

StepKind: TypeAlias = Literal[
    "create_contact",
    "update_contact",
    "move_address",
    "revive_contact",
    "delete_contact",
    "unsubscribe",
    "resubscribe",
    "ask_person",
    "create_list",
    "rename_list",
    "delete_list",
    "adopt_list",
    "rename_record",
]


@dataclass(frozen=True, kw_only=True, slots=True)
class Membership:
    """A membership as Practifi has it now.

    Attributes:
        cc_list_id: The list there; None while the list is not there yet.
        left_out: Why the mapping lets it take no part, or None.
    """

    sf_id: str
    list_id: str
    cc_list_id: str | None
    left_out: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """A Practifi contact at the address.

    Attributes:
        do_not_email: None is not known and blocks sending.
        wanted: What the mapping makes of the record, or None where it cannot take part.
        left_out: Why it takes no part, or what is wrong with it; shown to people.
        is_faulty: It should take part, but a value of it cannot be converted.
        cause: What groups that fault with others of its kind.
        linked_to: The contact there that it was linked to, and since when.
        is_chosen: A person has said that this one's fields are sent.
        is_primary: The record says that this is the household's primary member.
        country: Of the mailing address, as the record has it.
        statement: What the record says of how the person asked to be mailed again.
        household: The name of the household, where the mapping reads it.
        mapping_version_id: The version that the record goes by, where that is not the one in force.
    """

    contact_id: str
    do_not_email: bool | None
    wanted: Mapping[str, Any] | None
    left_out: str | None = None
    is_faulty: bool = False
    cause: str | None = None
    memberships: tuple[Membership, ...] = ()
    linked_to: str | None = None
    linked_at: datetime | None = None
    is_owner: bool = False
    is_chosen: bool = False
    is_primary: bool = False
    created_at: datetime | None = None
    country: str | None = None
    statement: Statement | None = None
    household: str | None = None
    mapping_version_id: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Base:
    """What both sides last agreed on for one person and list.

    Attributes:
        is_wanted: Practifi still has this membership, at this address.
        is_agreed: Both sides were seen to have it.
        lost_by_person: The person left the list by their own act: a list-level opt-out.
        is_ended: Practifi has the membership no more, at no address; asked where that matters.
    """

    contact_id: str
    list_id: str
    cc_list_id: str | None
    is_wanted: bool
    is_agreed: bool
    lost_by_person: bool
    is_ended: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Flapping:
    """A field that the bridge has set and somebody there has set back, several times lately.

    Attributes:
        field: As in the changes of a step.
        ours: What the bridge wrote.
        is_paused: It is not written any more; else it is not once it is set back again.
    """

    field: str
    ours: Any
    is_paused: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class AddressState:
    """Everything about one address, on both sides and on record.

    Attributes:
        there: The contact there, or None where there is none.
        is_there_known: False: nobody has looked for the address there yet.
        moving_from: The contact there of a person whose address was another one; the address that
            nobody else uses any more is changed there rather than a second contact made.
        left_behind: Contacts there that people here were so far, at addresses that others keep.
        bases: What was agreed on before, for the people here and for the contact there.
        evidence: Who came back while nobody has shown that they asked for it.
        write_rules: Part -> when it is written, of those that the mapping does not write always.
        sent_fingerprint: Of what was last sent to the contact there.
        answered: The contact as the vendor answered that write.
        last_write_at: When the bridge last wrote it.
        address_since: Since when the contact there has had the address; None: no other is known.
        was_mailed_at: When Constant Contact mailed its one confirmation to the contact there.
        turned_down: Why the last request to come back came to nothing, if it did.
        rules: By which policy a person's own opt-out is lifted.
        on_last_list_removed: What becomes of the contact there once Practifi has it on no list.
        foreign: What is done about memberships that only Constant Contact has.
        flapping: Fields of the contact there that somebody keeps setting back.
    """

    key: str
    people: tuple[Person, ...]
    there: Resource | None
    is_there_known: bool
    moving_from: Resource | None = None
    left_behind: tuple[Resource, ...] = ()
    bases: tuple[Base, ...] = ()
    opt_outs: tuple[OptOut, ...] = ()
    asked: tuple[Asked, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    custom_field_ids: Mapping[str, str] = field(default_factory=dict)
    write_rules: WriteRules = field(default_factory=dict)
    sent_fingerprint: bytes | None = None
    answered: Resource | None = None
    last_write_at: datetime | None = None
    address_since: datetime | None = None
    was_mailed_at: datetime | None = None
    turned_down: str | None = None
    rules: Rules = field(default_factory=Rules)
    owner_policy: OwnerPolicy = "linked_first"
    on_last_list_removed: LastListPolicy = "keep"
    foreign: Foreign = field(default_factory=Foreign)
    flapping: tuple[Flapping, ...] = ()

    def version_of(self, contact_id: str | None) -> int | None:
        """Return the version of the mapping that a person's record goes by; None: that in force."""
        return next(
            (one.mapping_version_id for one in self.people if one.contact_id == contact_id), None
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One effect to bring about there.

    Attributes:
        body: What is sent, whole, made from the resource that was read.
        reason: Why, in words for people.
        change: Field -> (old, new), for people and for undo.
    """

    kind: StepKind
    body: Mapping[str, Any]
    reason: str
    contact_id: str | None = None
    change: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    fingerprint: bytes | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Status:
    """What people see of a record, and what goes back to Practifi."""

    kind: Literal["contact", "list", "membership"]
    sf_id: str
    status: str
    reason: str | None = None
    is_confirmed: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class RequestEnd:
    """What becomes of open requests to come back.

    Attributes:
        policy: By what the opt-out would be lifted; None: that does not matter.
        opted_out_at: When the person had opted out, where they had.
    """

    ids: tuple[int, ...]
    state: RequestState
    reason: str
    policy: Literal["firm", Policy] | None = None
    opted_out_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Given:
    """Evidence for a request to come back that the record gives."""

    request_id: int
    statement: Statement


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """What is to be done about one address.

    Attributes:
        steps: In order; each rests on the state that the one before leaves.
        needs_look: The contact there must be read before this can be trusted.
        statuses: Of the people and memberships, as they are once the steps are done.
        owner_id: Whose fields are sent.
        agreed: (contact id, list id, list there, on it there) of Practifi's memberships.
        forgotten: Memberships that are gone on both sides once the steps are done.
        lost: Memberships that the person ended by their own act.
        waits_for_lists: Practifi lists that are not there yet.
        adopts: Memberships there that get a record in Practifi.
        lifts: Requests to come back that the resubscribe step answers.
        lifted: Requests that lift what is only on record; no step is needed.
        lifts_own: The person had opted out themselves.
        lifts_by: The policy by which the opt-out is lifted.
        given: Evidence that is not on record yet.
        paused: Fields that are left as they are there; None: that was not judged.
    """

    steps: tuple[Step, ...] = ()
    needs_look: bool = False
    statuses: tuple[Status, ...] = ()
    owner_id: str | None = None
    agreed: tuple[tuple[str, str, str, bool], ...] = ()
    forgotten: tuple[tuple[str, str], ...] = ()
    lost: tuple[tuple[str, str], ...] = ()
    waits_for_lists: tuple[str, ...] = ()
    adopts: tuple[Adoption, ...] = ()
    ends: tuple[RequestEnd, ...] = ()
    lifts: tuple[int, ...] = ()
    lifted: tuple[int, ...] = ()
    lifts_own: bool = False
    lifts_by: Literal["firm", Policy] = "firm"
    given: tuple[Given, ...] = ()
    paused: tuple[PausedField, ...] | None = None
