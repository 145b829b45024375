"""What clients, and the people of the firm, do in Constant Contact, each told to the oracle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.machine.stage import TYPED_OVER, address_at

if TYPE_CHECKING:
    from tests.machine.stage import Stage


@dataclass(frozen=True)
class InConstantContact:
    """The acts, by the names of the rules."""

    stage: Stage

    def unsubscribe(self, at: int) -> None:
        contact = self.stage.there.get(address_at(at))
        if contact is not None and not contact.is_deleted and contact.is_mailable:
            self.stage.next_second()
            self.stage.firm.unsubscribes(contact.address)
            self.stage.oracle.opted_out_there(contact.address, by_person=True)

    def unsubscribe_as_firm(self, at: int) -> None:
        contact = self.stage.there.get(address_at(at))
        if contact is not None and not contact.is_deleted and contact.is_mailable:
            self.stage.next_second()
            email = {"address": contact.address, "permission_to_send": "unsubscribed"}
            self.stage.firm.put(self.stage.firm.there(contact.address), email_address=email)
            self.stage.oracle.handled_there(contact.address)
            self.stage.oracle.opted_out_there(contact.address, by_person=False)

    def leave(self, at: int, of: int) -> None:
        contact, list_id, of_list = (
            self.stage.there.get(address_at(at)),
            self.stage.list_there(of),
            self.stage.lists[of],
        )
        if contact is not None and list_id in contact.lists and of_list is not None:
            self.stage.next_second()
            self.stage.firm.leaves(contact.address, str(list_id))
            self.stage.oracle.left_list(contact.address, of_list)
            self.stage.oracle.by_hand.discard((contact.contact_id, str(list_id)))

    def edit_there(self, at: int) -> None:
        contact = self.stage.alive(at)
        if contact is not None and self.stage.typed_over[contact.address] < TYPED_OVER:
            self.stage.typed_over[contact.address] += 1
            number = self.stage.fresh()
            self.stage.firm.put(self.stage.firm.there(contact.address), last_name=f"Typed{number}")
            self.stage.oracle.handled_there(contact.address)
            self.stage.oracle.typed_over[contact.address] += 1

    def add_there(self, at: int, of: int) -> None:
        contact, list_id = self.stage.alive(at), self.stage.list_there(of)
        if contact is not None and list_id is not None:
            lists = sorted({*contact.lists, list_id})
            self.stage.firm.put(self.stage.firm.there(contact.address), list_memberships=lists)
            self.stage.oracle.handled_there(contact.address)
            self.stage.oracle.by_hand.add((contact.contact_id, list_id))

    def take_off_there(self, at: int, of: int) -> None:
        contact, list_id = self.stage.alive(at), self.stage.list_there(of)
        if contact is not None and list_id in contact.lists:
            lists = sorted(contact.lists - {str(list_id)})
            self.stage.firm.put(self.stage.firm.there(contact.address), list_memberships=lists)
            self.stage.oracle.handled_there(contact.address)
            self.stage.oracle.by_hand.discard((contact.contact_id, str(list_id)))

    def create_there(self, at: int, of: int) -> None:
        address, list_id = address_at(at), self.stage.list_there(of)
        if address not in self.stage.there:
            lists = [] if list_id is None else [list_id]
            body = {"email_address": {"address": address}, "list_memberships": lists}
            made = self.stage.firm.post("/contacts", **body, create_source="Account")
            self.stage.oracle.handled_there(address)
            self.stage.oracle.by_hand |= {(made["contact_id"], one) for one in lists}

    def delete_there(self, at: int) -> None:
        if (contact := self.stage.alive(at)) is not None:
            self.stage.firm.remove(f"/contacts/{contact.contact_id}")
            self.stage.oracle.handled_there(contact.address)
            gone = {pair for pair in self.stage.oracle.by_hand if pair[0] == contact.contact_id}
            self.stage.oracle.by_hand -= gone

    def revive_there(self, at: int, of: int) -> None:
        contact, list_id = self.stage.there.get(address_at(at)), self.stage.list_there(of)
        if contact is not None and contact.is_deleted and list_id is not None:
            self.stage.firm.put(self.stage.firm.there(contact.address), list_memberships=[list_id])
            self.stage.oracle.handled_there(contact.address)
            self.stage.oracle.by_hand.add((contact.contact_id, list_id))

    def rename_list_there(self, of: int) -> None:
        if (list_id := self.stage.list_there(of)) is not None:
            number = self.stage.fresh()
            body = {"name": f"By hand {number}"}
            answer = self.stage.firm.sandbox.constant_contact(
                "PUT", f"/contact_lists/{list_id}", body
            )
            assert answer.ok, answer.text

    def delete_list_there(self, of: int) -> None:
        list_id, of_list = self.stage.list_there(of), self.stage.lists[of]
        if (
            list_id is not None
            and of_list is not None
            and of_list not in self.stage.oracle.gone_there
        ):
            self.stage.firm.remove(f"/contact_lists/{list_id}")
            self.stage.firm.sandbox.advance(2.0)  # it takes Constant Contact a second
            self.stage.oracle.gone_there.add(of_list)
