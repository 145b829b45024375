"""The tombstone: a small record that Salesforce keeps of one that was deleted. Its names only.

A deletion fires no outbound message. The flow of the bridge's package creates a tombstone before a
record goes, and the tombstone fires one.
"""

from __future__ import annotations

OBJECT = "CC_Bridge_Removed__c"
OBJECT_FIELD = "CC_Bridge_Object__c"
"""API name of the object that the deleted record was of."""

RECORD_FIELD = "CC_Bridge_Record_Id__c"
"""Its id, 18 characters."""
