"""The engine, by the name of its entry point."""

from __future__ import annotations

from parlando_elevenlabs.settings import ElevenLabsSettings
from parlando_elevenlabs.vendor import ElevenLabsVendor
from parlando_synth.engine import Engine
from parlando_synth.remote.engine import RemoteEngine


def create() -> Engine:
    """Return the engine as its settings say."""
    settings = ElevenLabsSettings()
    return RemoteEngine(ElevenLabsVendor(settings), settings)
