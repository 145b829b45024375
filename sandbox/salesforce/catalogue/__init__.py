"""The objects of the org: standard ones, those of the Practifi package, and the bridge's own."""
