"""ElevenLabs itself, with ELEVENLABS_KEY: some cents, never in CI. `make live-engine-elevenlabs` runs it."""

from __future__ import annotations

from decimal import Decimal

from parlando_elevenlabs.settings import ElevenLabsSettings, Transport
from parlando_elevenlabs.vendor import ElevenLabsVendor
from parlando_synth.engine import Engine
from parlando_synth.remote.engine import RemoteEngine
from parlando_synth.remote.live import LiveContract


class TestWebSocket(LiveContract):
    cents = Decimal(20)

    @staticmethod
    def create_engine() -> Engine:
        settings = ElevenLabsSettings(live=1, transport=Transport.WEBSOCKET)
        return RemoteEngine(ElevenLabsVendor(settings), settings)


class TestHTTP(LiveContract):
    cents = Decimal(20)

    @staticmethod
    def create_engine() -> Engine:
        settings = ElevenLabsSettings(live=1, transport=Transport.HTTP)
        return RemoteEngine(ElevenLabsVendor(settings), settings)
