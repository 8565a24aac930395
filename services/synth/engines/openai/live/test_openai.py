"""OpenAI itself, with the keys of the environment: some cents, never in CI (`make live-engine-openai`)."""

from __future__ import annotations

from decimal import Decimal

from parlando_openai import profiles
from parlando_openai.engine import realtime, speech
from parlando_openai.settings import OpenAISettings, RealtimeSettings
from parlando_synth.engine import Engine
from parlando_synth.remote.live import LiveContract

if OpenAISettings().secret().get_secret_value():

    class TestSpeech(LiveContract):
        @staticmethod
        def create_engine() -> Engine:
            return speech(profiles.OPENAI, OpenAISettings(live=1))


if RealtimeSettings().secret().get_secret_value():

    class TestRealtime(LiveContract):
        cents = Decimal(10)

        @staticmethod
        def create_engine() -> Engine:
            return realtime(RealtimeSettings(live=1))
