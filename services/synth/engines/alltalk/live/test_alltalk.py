"""A server of your own, at ALLTALK_BASE_URL. `make live-engine-alltalk` runs it."""

from __future__ import annotations

from parlando_alltalk.engine import create
from parlando_synth.engine import Engine
from parlando_synth.remote.live import LiveContract


class TestAllTalk(LiveContract):
    @staticmethod
    def create_engine() -> Engine:
        return create()
