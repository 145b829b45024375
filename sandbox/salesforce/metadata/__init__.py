"""The Metadata API: packages that are deployed to the org, and what becomes of their parts."""
