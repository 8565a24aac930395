"""Chatterbox as an engine: cloned voices with feeling, streamed from the parts of its networks."""
