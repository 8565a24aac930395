"""An engine that does what its script says, for tests."""
