"""Google itself, with your credentials: some cents, never in CI. `make live-engine-google` runs it."""

from __future__ import annotations

from parlando_google.chirp import ChirpVendor
from parlando_google.settings import ChirpSettings
from parlando_synth.engine import Engine
from parlando_synth.remote.engine import RemoteEngine
from parlando_synth.remote.live import LiveContract


class TestChirp(LiveContract):
    @staticmethod
    def create_engine() -> Engine:
        settings = ChirpSettings(live=1)
        return RemoteEngine(ChirpVendor(settings), settings)
