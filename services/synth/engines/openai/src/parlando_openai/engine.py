"""The engines, by the names of their entry points."""

from __future__ import annotations

from parlando_openai import profiles
from parlando_openai.realtime import RealtimeVendor
from parlando_openai.settings import (
    KokoroFastAPISettings,
    LocalAISettings,
    OpenAISettings,
    RealtimeSettings,
    SpeachesSettings,
    SpeechSettings,
    VLLMOmniSettings,
)
from parlando_openai.speech import SpeechVendor
from parlando_synth.engine import Engine
from parlando_synth.remote.engine import RemoteEngine


def speech(profile: profiles.Profile, settings: SpeechSettings) -> Engine:
    """Return the engine of a server."""
    return RemoteEngine(SpeechVendor(profile, settings), settings)


def openai() -> Engine:
    """Return OpenAI's hosted speech models, or what takes the same requests at `OPENAI_BASE_URL`."""
    return speech(profiles.OPENAI, OpenAISettings())


def kokoro_fastapi() -> Engine:
    """Return Kokoro-FastAPI."""
    return speech(profiles.KOKORO_FASTAPI, KokoroFastAPISettings())


def speaches() -> Engine:
    """Return speaches."""
    return speech(profiles.SPEACHES, SpeachesSettings())


def localai() -> Engine:
    """Return LocalAI."""
    return speech(profiles.LOCALAI, LocalAISettings())


def vllm_omni() -> Engine:
    """Return vLLM-Omni."""
    return speech(profiles.VLLM_OMNI, VLLMOmniSettings())


def realtime(settings: RealtimeSettings) -> Engine:
    """Return the engine of a Realtime model."""
    return RemoteEngine(RealtimeVendor(settings), settings)


def openai_realtime() -> Engine:
    """Return OpenAI Realtime as a voice: text in, verbatim sound out."""
    return realtime(RealtimeSettings())
