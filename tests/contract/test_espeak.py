"""espeak-ng keeps the contract."""

from __future__ import annotations

from parlando_synth.contract import EngineContract
from parlando_synth.discovery import installed
from parlando_synth.engine import Engine


class TestEspeak(EngineContract):
    @staticmethod
    def create_engine() -> Engine:
        return installed("espeak")()
