"""The causes that an explanation can name, each with the one line on what to do. Pure.

The words are stable: scripts may rely on them. A brace names a fact of the check that failed, or
what was asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

ALL_WELL = "nothing: everything is in order"

_CREDENTIALS = (
    "`bridge connect check {connection}` says which login, and what to do; then what waits goes on "
    "by itself"
)
_RUN = "`bridge reconcile contacts --connection {connection}` compares both sides and sets it right"
_EXPLAIN_LIST = "`bridge explain {list}` tells why"

ADVICE: Mapping[str, str] = {
    # where it begins
    "no_connection": "`bridge connect salesforce NAME`, then "
    "`bridge connect constant-contact NAME`",
    "connection_unconnected": _CREDENTIALS,
    "connection_paused": _CREDENTIALS,
    "unknown_id": "check the id and that Salesforce sends this object; a run of `bridge reconcile` "
    "reads whatever no message told",
    "unknown_address": "check the spelling; `bridge reconcile contacts` reads what no message told",
    "not_in_practifi": "nothing here: people whom only Constant Contact knows are left alone",
    "foreign_list": "nothing here: lists that only Constant Contact has are left alone",
    "record_deleted": "restore the record in Salesforce, or nothing: it is not sent any more",
    "record_merged": "`bridge explain {merged_into}`: the record was merged into that one",
    "no_mapping": "`bridge mapping activate`: what waits is triaged then",
    "not_triaged": "wait a moment; `bridge status` tells whether a worker runs",
    "object_not_mapped": "take it out of the outbound messages, or name it for the connection",
    "no_data": "let the outbound message send the fields that the mapping reads, Id first",
    "bad_record_id": "look at the outbound message: its record id is none of Salesforce's",
    "ignored": "`bridge inbox show {notification}` shows the message",
    "raw_message_gone": "save the record again, or run `bridge reconcile contacts`",
    "superseded": "nothing: a newer state of the record was known already",
    # the person and the record
    "not_read_yet": "wait a moment: the record is read back from Salesforce first",
    "no_email": "enter an e-mail address in Practifi",
    "invalid_email": "correct the e-mail address in Practifi: this one cannot be one",
    "left_out": "change what `leave_out` or `take_part` asks for, in the record or in the mapping",
    "conversion_fault": "correct the field in Practifi, or the rule that the fault names",
    # consent
    "box_unknown": "let the bridge's user read Do Not Email; until it is known nothing is sent",
    "opt_out_waits": "wait a moment: opt-outs go first; if it lasts, see `bridge status`",
    "box_ticked": "untick Do Not Email and save, if the person asks to be mailed again",
    "box_ticked_by_sharer": "give the two people addresses of their own, or untick {by}",
    "untick_held": "an approver decides: many people who had opted out were unticked at once",
    "evidence_missing": "record who asked for it, when and how",
    "confirmation_awaited": "the person confirms in the e-mail that Constant Contact has sent",
    "untick_refused": "tick and untick again only if the person asks for it now",
    "not_confirmed": "if the person asks again: record how they asked, then tick and untick",
    "complained": "nothing: only the person can subscribe again, by a form of Constant Contact",
    "opted_out_by_person": "if the person asks to be mailed again: tick and save, untick and save",
    "opted_out_by_firm": "if that was a mistake: tick and save, untick and save",
    # lists
    "not_on_a_list": "add a Constant Contact Membership in Practifi",
    "foreign_membership": "add the membership in Practifi as well, if it is wanted there, or let "
    "`bridge policy set foreign_memberships=adopt` do so for all",
    "membership_left_out": "change what the mapping's `leave_out` of memberships asks for",
    "list_not_there_yet": _EXPLAIN_LIST,
    "list_refused": _EXPLAIN_LIST,
    "list_name_taken": "rename one of the two lists in Practifi",
    "list_deleted_there": "make a new list in Practifi and move the memberships there, or "
    "`bridge policy set list_gone_there=make_again`",
    "too_many_lists": "take the person off lists: Constant Contact allows 50",
    "left_list": "nothing: the person left the list by their own act",
    "list_not_made": "`bridge reconcile lists --connection {connection}` sets it right",
    # delivery
    "refused": "correct what is refused in Practifi and save: the next change is tried",
    "held_by_bulk": "wait: a bulk activity carries it; `bridge explain activity:{activity}`",
    "in_hand": "wait a moment: a worker is at it",
    "lane_paused": "`bridge resume --lane {lane} --connection {connection}`",
    "lane_held": "`bridge doctor --connection {connection}` says where to mend it; it goes on by "
    "itself then",
    "day_spent": "wait: calls begin anew at {until}; opt-outs have a reserve",
    "retrying": "wait: it is tried again by itself",
    "waits_its_turn": "wait: it goes on by itself",
    "waiting": "wait a moment; if it lasts, `bridge status` tells why",
    "answer_lost": "wait: the contact is looked up there and decided on anew",
    # the other side
    "not_there": _RUN,
    "deleted_there": "save the person or a membership in Practifi: the contact comes back",
    "pending_confirmation": "wait for the person to confirm in the e-mail of Constant Contact",
    "temp_hold": "wait, or ask Constant Contact: the account or the address is on hold there",
    "field_paused": "agree on one value: change it in Practifi, or press *Write again* on the page "
    "Problems; until then the field stays as it is there",
    "not_on_list_there": _RUN,
    "write_back_refused": "let the bridge's user write the status fields: see `bridge doctor`",
    "write_back_waits": "wait a moment: the status is written back in collections",
    # mailings
    "campaign_unknown": "`bridge reconcile activities` reads campaigns; drafts are not among them",
    "contact_not_there": "`bridge explain {asked}` tells why the person is not there",
    "campaign_not_sent": "send it in Constant Contact",
    "reports_not_read": "`bridge reconcile activities` reads its reports",
    "joined_later": "nothing: the person joined its lists after it was sent",
    "opted_out_before": "nothing: the person had opted out before it was sent",
    "not_on_its_lists": "add the person to one of its lists for the next one",
    "not_sent_to": "look at the campaign in Constant Contact: it reports no sending to the person",
    "bounced": "correct the address in Practifi if the bounce says so",
    "interaction_refused": "correct what Salesforce refuses, then `bridge reconcile activities`",
    "interaction_waits": "`bridge reconcile activities` writes it",
    # runs, plans, bulk activities
    "run_failed": "mend what the reason names, then run it again: it goes on where it was",
    "run_cancelled": "run it again if it is wanted",
    "run_waits": "wait, or do what the reason says",
    "run_queued": "start `bridge worker`, or `bridge reconcile` takes it up",
    "run_left": "wait: the next process takes it up",
    "under_way": "wait: it is being worked on",
    "plan_waits": "approve or discard the plan",
    "plan_discarded": "run it again for a new plan",
    "records_rejected": "correct the records: `bridge runs show` counts the reasons",
    "steps_refused": "run it again: what changed meanwhile is decided anew",
    "bulk_failed": "`bridge reconcile contacts` finds what it left undone",
    "bulk_lost": "`bridge reconcile contacts` finds what it left undone",
}  # fmt: skip


class _Facts(dict[str, object]):
    """Facts for a sentence; one that is not known leaves its name."""

    def __missing__(self, name: str) -> str:
        return name.upper()


def advice(cause: str, facts: Mapping[str, object]) -> str:
    """Return what to do about a cause.

    Raises:
        KeyError: If there is no such cause.

    >>> advice("lane_paused", {"lane": "webhook", "connection": "firm"})
    '`bridge resume --lane webhook --connection firm`'
    """
    return ADVICE[cause].format_map(_Facts(facts))
