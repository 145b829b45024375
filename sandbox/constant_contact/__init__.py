"""Constant Contact as its V3 API behaves, over HTTP, with its state in memory."""
