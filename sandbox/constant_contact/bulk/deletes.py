"""Lists, tags and custom fields, deleted a little later; who had them stays in the account."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.constant_contact.bulk.model import BulkActivity, Scene


@dataclass(slots=True)
class _DeleteRecords:
    """One step a record; contacts are gone through once, at the end."""

    ids: list[str]
    gone: set[str] = field(default_factory=set)

    @property
    def total(self) -> int:
        return len(self.ids)


class DeleteLists(_DeleteRecords):
    """Lists are marked as deleted and their members leave them."""

    def step(self, index: int, scene: Scene, activity: BulkActivity) -> None:
        """Find the list."""
        if scene.account.has_list(self.ids[index]):
            self.gone.add(self.ids[index])
            activity.count("list_count")
        else:
            activity.blame(f"list_id {self.ids[index]} not found")

    def finish(self, scene: Scene, activity: BulkActivity) -> None:  # noqa: ARG002 - Work
        """Delete the lists that were found."""
        for list_id in self.gone:
            scene.account.lists[list_id].deleted_at = scene.now
        for contact in scene.account.contacts.values():
            if not self.gone.isdisjoint(contact.list_memberships):
                contact.list_memberships = [
                    one for one in contact.list_memberships if one not in self.gone
                ]


class DeleteTags(_DeleteRecords):
    """Tags are gone, and contacts lose them."""

    def step(self, index: int, scene: Scene, activity: BulkActivity) -> None:
        """Find the tag."""
        if self.ids[index] in scene.account.tags:
            self.gone.add(self.ids[index])
            activity.count("items_completed_count")
        else:
            activity.blame(f"tag_id {self.ids[index]} not found")

    def finish(self, scene: Scene, activity: BulkActivity) -> None:  # noqa: ARG002 - Work
        """Delete the tags that were found."""
        for tag_id in self.gone:
            scene.account.tags.pop(tag_id, None)
        for contact in scene.account.contacts.values():
            if not self.gone.isdisjoint(contact.taggings):
                contact.taggings = [one for one in contact.taggings if one not in self.gone]


class DeleteCustomFields(_DeleteRecords):
    """Custom fields are gone with their values."""

    def step(self, index: int, scene: Scene, activity: BulkActivity) -> None:
        """Find the custom field."""
        if self.ids[index] in scene.account.custom_fields:
            self.gone.add(self.ids[index])
        else:
            activity.blame(f"custom_field_id {self.ids[index]} not found")

    def finish(self, scene: Scene, activity: BulkActivity) -> None:  # noqa: ARG002 - Work
        """Delete the custom fields that were found."""
        for field_id in self.gone:
            scene.account.custom_fields.pop(field_id, None)
        for contact in scene.account.contacts.values():
            for field_id in self.gone & contact.custom_fields.keys():
                del contact.custom_fields[field_id]
