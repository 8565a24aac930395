"""Servers of your own, each where its `…_BASE_URL` says (`make live-engine-openai`); nobody is paid."""

from __future__ import annotations

from parlando_openai import profiles
from parlando_openai.engine import speech
from parlando_openai.settings import (
    KokoroFastAPISettings,
    LocalAISettings,
    SpeachesSettings,
    VLLMOmniSettings,
)
from parlando_synth.engine import Engine
from parlando_synth.remote.live import LiveContract

if KokoroFastAPISettings().base_url:

    class TestKokoroFastAPI(LiveContract):
        @staticmethod
        def create_engine() -> Engine:
            return speech(profiles.KOKORO_FASTAPI, KokoroFastAPISettings(live=1))


if SpeachesSettings().base_url:

    class TestSpeaches(LiveContract):
        @staticmethod
        def create_engine() -> Engine:
            return speech(profiles.SPEACHES, SpeachesSettings(live=1))


if LocalAISettings().base_url:

    class TestLocalAI(LiveContract):
        @staticmethod
        def create_engine() -> Engine:
            return speech(profiles.LOCALAI, LocalAISettings(live=1))


if VLLMOmniSettings().base_url:

    class TestVLLMOmni(LiveContract):
        @staticmethod
        def create_engine() -> Engine:
            return speech(profiles.VLLM_OMNI, VLLMOmniSettings(live=1))
