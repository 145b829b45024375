"""Many contacts at once: onto lists and off them, given tags and relieved of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.constant_contact import contacts
from sandbox.constant_contact.validation import MOST_LISTS, MOST_TAGS

if TYPE_CHECKING:
    from sandbox.constant_contact.bulk.model import BulkActivity, Scene
    from sandbox.constant_contact.model import Contact


@dataclass(frozen=True, slots=True)
class _OnContacts(ABC):
    """Steps on contacts; an unknown one is a line of the activity."""

    contact_ids: list[str]

    @property
    def total(self) -> int:
        return len(self.contact_ids)

    def step(self, index: int, scene: Scene, activity: BulkActivity) -> None:
        contact = scene.account.contacts.get(self.contact_ids[index])
        if contact is None:
            activity.blame(f"contact_id {self.contact_ids[index]} not found")
            return
        fault = self.change(contact, scene)
        if fault is not None:
            activity.blame(f"contact_id {contact.contact_id}: {fault}")
            return
        activity.count("items_completed_count")

    @abstractmethod
    def change(self, contact: Contact, scene: Scene) -> str | None:
        """Change a contact, or return why it stays as it is."""

    def finish(self, scene: Scene, activity: BulkActivity) -> None:  # noqa: B027 - Work
        """Nothing is left."""


@dataclass(frozen=True, slots=True)
class AddToLists(_OnContacts):
    """Contacts join lists; a deleted one comes back, one that opted out stays where it is."""

    list_ids: list[str]

    def change(self, contact: Contact, scene: Scene) -> str | None:
        """Add the lists that are still there; who is on all of them stays as it was."""
        list_ids = [one for one in self.list_ids if scene.account.has_list(one)]
        joined = list(dict.fromkeys([*contact.list_memberships, *list_ids]))
        if contact.has_opted_out or (
            scene.policy.opt_out_strips_lists and contact.email and contact.email.is_unsubscribed
        ):
            return "the contact has unsubscribed and cannot be added to a list"
        if len(joined) > MOST_LISTS:
            return f"a contact is on at most {MOST_LISTS} lists"
        if len(joined) > len(contact.list_memberships):
            contact.list_memberships = joined
            contact.deleted_at = None
            contact.update_source, contact.updated_at = "Account", scene.now
        return None


@dataclass(frozen=True, slots=True)
class RemoveFromLists(_OnContacts):
    """Contacts leave lists."""

    list_ids: list[str]

    def change(self, contact: Contact, scene: Scene) -> str | None:
        """Take the lists away; a contact that was on none of them stays as it was."""
        kept = [one for one in contact.list_memberships if one not in self.list_ids]
        if len(kept) < len(contact.list_memberships):
            contact.list_memberships = kept
            contact.update_source, contact.updated_at = "Account", scene.now
        return None


@dataclass(frozen=True, slots=True)
class AddTags(_OnContacts):
    """Contacts get tags."""

    tag_ids: list[str]

    def change(self, contact: Contact, scene: Scene) -> str | None:
        """Add the tags that are still there; who has all of them stays as it was."""
        tag_ids = [one for one in self.tag_ids if one in scene.account.tags]
        tagged = list(dict.fromkeys([*contact.taggings, *tag_ids]))
        if contact.deleted_at is not None:
            return "the contact is deleted"
        if len(tagged) > MOST_TAGS:
            return f"a contact has at most {MOST_TAGS} tags"
        if len(tagged) > len(contact.taggings):
            contact.taggings, contact.updated_at = tagged, scene.now
        return None


@dataclass(frozen=True, slots=True)
class RemoveTags(_OnContacts):
    """Contacts lose tags."""

    tag_ids: list[str]

    def change(self, contact: Contact, scene: Scene) -> str | None:
        """Take the tags away."""
        kept = [one for one in contact.taggings if one not in self.tag_ids]
        if len(kept) < len(contact.taggings):
            contact.taggings, contact.updated_at = kept, scene.now
        return None


@dataclass(frozen=True, slots=True)
class DeleteContacts(_OnContacts):
    """Contacts are deleted: off their lists, and kept in the account."""

    def change(self, contact: Contact, scene: Scene) -> str | None:
        """Delete a contact; one that is deleted stays so."""
        contacts.delete(scene.account, contact.contact_id, scene.now)
        return None
