"""Google itself, with your credentials: some cents, never in CI. `make live-engine-google` runs it."""

from __future__ import annotations

from decimal import Decimal

from parlando_google.chirp import ChirpVendor
from parlando_google.classic import ClassicVendor
from parlando_google.settings import ChirpSettings, ClassicSettings
from parlando_synth.engine import Engine
from parlando_synth.remote.engine import RemoteEngine
from parlando_synth.remote.live import LiveContract


class TestChirp(LiveContract):
    cents = Decimal(15)

    @staticmethod
    def create_engine() -> Engine:
        settings = ChirpSettings(live=1)
        return RemoteEngine(ChirpVendor(settings), settings)


class TestClassic(LiveContract):
    cents = Decimal(15)

    @staticmethod
    def create_engine() -> Engine:
        settings = ClassicSettings(live=1)
        return RemoteEngine(ClassicVendor(settings), settings)
