"""ElevenLabs itself, with ELEVENLABS_KEY: some cents, never in CI. `make live-engine-elevenlabs` runs it."""

from __future__ import annotations

from parlando_elevenlabs.settings import ElevenLabsSettings
from parlando_elevenlabs.vendor import ElevenLabsVendor
from parlando_synth.engine import Engine
from parlando_synth.remote.engine import RemoteEngine
from parlando_synth.remote.live import LiveContract


class TestElevenLabs(LiveContract):
    @staticmethod
    def create_engine() -> Engine:
        settings = ElevenLabsSettings(live=1)
        return RemoteEngine(ElevenLabsVendor(settings), settings)
