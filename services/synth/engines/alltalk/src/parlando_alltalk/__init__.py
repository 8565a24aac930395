"""AllTalk v2 as an engine."""
