"""Each server's engine keeps the contract, and takes everything that can go wrong on the way as it should."""

from __future__ import annotations

import ssl
from typing import Any

from speech_server import SpeechServer

from parlando_openai import profiles
from parlando_openai.engine import speech
from parlando_openai.settings import (
    KokoroFastAPISettings,
    OpenAISettings,
    SpeechSettings,
)
from parlando_synth.engine import Engine
from parlando_synth.remote.contract import KEY, RemoteContract
from parlando_synth.remote.service import LocalService


def _settings(kind: type[SpeechSettings], service: LocalService, settings: dict[str, Any]) -> SpeechSettings:
    url = f"{'https' if service.tls else 'http'}://127.0.0.1:{service.port}/v1"
    return kind.model_validate({"base_url": url, "key": KEY, **settings})


class TestOpenAI(RemoteContract):
    """Server-sent events, with usage."""

    @staticmethod
    def create_service(tls: ssl.SSLContext | None) -> LocalService:
        return SpeechServer(tls)

    @staticmethod
    def engine_of(service: LocalService, **settings: Any) -> Engine:
        return speech(profiles.OPENAI, _settings(OpenAISettings, service, settings))


class TestKokoroFastAPI(RemoteContract):
    """Bare PCM, and a list of voices."""

    @staticmethod
    def create_service(tls: ssl.SSLContext | None) -> LocalService:
        return SpeechServer(tls)

    @staticmethod
    def engine_of(service: LocalService, **settings: Any) -> Engine:
        assert isinstance(service, SpeechServer)
        service.voices = [{"id": "af_heart", "name": "af_heart"}, {"id": "bm_george", "name": "bm_george"}]
        return speech(profiles.KOKORO_FASTAPI, _settings(KokoroFastAPISettings, service, settings))
