"""ElevenLabs as an engine."""
