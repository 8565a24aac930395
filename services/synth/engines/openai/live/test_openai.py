"""OpenAI itself, with the key in OPENAI_KEY: some cents, never in CI. `make live-engine-openai` runs it."""

from __future__ import annotations

from parlando_openai import profiles
from parlando_openai.engine import speech
from parlando_openai.settings import OpenAISettings
from parlando_synth.engine import Engine
from parlando_synth.remote.live import LiveContract


class TestSpeech(LiveContract):
    @staticmethod
    def create_engine() -> Engine:
        return speech(profiles.OPENAI, OpenAISettings(live=1))
