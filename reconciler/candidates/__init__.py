"""The addresses that a run has to decide on, chosen in the database from what both sides hold."""
