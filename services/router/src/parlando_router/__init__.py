"""The router: one utterance from its fragments to the caller's audio."""
