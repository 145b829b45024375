"""Bulk activities: asynchronous jobs on contacts, lists, tags and custom fields."""
