"""A stand-in for a Salesforce org: its REST API, its login, and its outbound messages."""
