"""Leaves the strangers' programs to the test that runs them, each in a process of its own."""

collect_ignore_glob = ["programs/*"]
