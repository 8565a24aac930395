"""Runs Parlando's services as children of one process. See docs/decisions/0001-supervision.md."""
