"""How each kind of server is asked in the tests, and what comes of it."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from speech_server import SpeechServer

from parlando_openai import profiles
from parlando_openai.engine import speech
from parlando_openai.profiles import Profile
from parlando_openai.settings import (
    KokoroFastAPISettings,
    LocalAISettings,
    OpenAISettings,
    SpeachesSettings,
    SpeechSettings,
    VLLMOmniSettings,
)
from parlando_synth.engine import Engine
from parlando_synth.events import EngineEvent, Started
from parlando_synth.job import Job
from parlando_synth.stop_flag import StopFlag

TEXT = "Seven grey lamps were lit."
CLIP = "data:audio/ogg;base64," + base64.b64encode(b"OggS" + bytes(2_000)).decode()
OPENAI = (profiles.OPENAI, OpenAISettings)
KOKORO = (profiles.KOKORO_FASTAPI, KokoroFastAPISettings)
SPEACHES = (profiles.SPEACHES, SpeachesSettings)
LOCALAI = (profiles.LOCALAI, LocalAISettings)
VLLM_OMNI = (profiles.VLLM_OMNI, VLLMOmniSettings)
Kind = tuple[Profile, type[SpeechSettings]]


@asynccontextmanager
async def loaded(server: SpeechServer, kind: Kind, **settings: Any) -> AsyncIterator[Engine]:
    """Yield an engine of that kind, loaded, with some settings."""
    profile, of = kind
    url = f"http://127.0.0.1:{server.port}/v1"
    engine = speech(profile, of.model_validate({"base_url": url, "key": "sk-1", **settings}))
    await engine.load()
    try:
        yield engine
    finally:
        await engine.close()


async def spoken(engine: Engine, **how: Any) -> list[EngineEvent]:
    """Return what comes of the text."""
    job = replace(Job(TEXT, engine.describe().default_voice), **how)
    return [event async for event in engine.synthesize(job, StopFlag())]


def ignored(events: list[EngineEvent]) -> tuple[str, ...]:
    """Return what was left out of it."""
    (started,) = [event for event in events if isinstance(event, Started)]
    return started.ignored
