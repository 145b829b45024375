"""The REST API over HTTP: one module a group of resources, no rule of the data in any."""
