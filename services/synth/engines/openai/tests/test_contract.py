"""Each server's engine keeps the contract, and takes everything that can go wrong on the way as it should."""

from __future__ import annotations

import ssl
from typing import Any, ClassVar

from speech_server import SpeechServer

from parlando_openai import profiles
from parlando_openai.engine import speech
from parlando_openai.settings import (
    KokoroFastAPISettings,
    LocalAISettings,
    OpenAISettings,
    SpeachesSettings,
    SpeechSettings,
    VLLMOmniSettings,
)
from parlando_synth.engine import Engine
from parlando_synth.remote.contract import KEY, RemoteContract
from parlando_synth.remote.service import Fault, LocalService


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


class TestTTS1(TestOpenAI):
    """The older models: bare PCM, without usage."""

    @staticmethod
    def engine_of(service: LocalService, **settings: Any) -> Engine:
        return TestOpenAI.engine_of(service, model="tts-1", **settings)


class TestSpeaches(RemoteContract):
    """Bare PCM at a rate that is asked for."""

    newcomer: ClassVar = "bf_emma"

    @staticmethod
    def create_service(tls: ssl.SSLContext | None) -> LocalService:
        return SpeechServer(tls)

    @staticmethod
    def engine_of(service: LocalService, **settings: Any) -> Engine:
        assert isinstance(service, SpeechServer)
        service.models = {
            profiles.SPEACHES.model: [{"name": "af_heart", "language": "en-us", "gender": "female"}]
        }
        return speech(profiles.SPEACHES, _settings(SpeachesSettings, service, settings))


class TestLocalAI(RemoteContract):
    """WAV, and the voices of a model."""

    newcomer: ClassVar = "estelle"

    @staticmethod
    def create_service(tls: ssl.SSLContext | None) -> LocalService:
        return SpeechServer(tls)

    @staticmethod
    def engine_of(service: LocalService, **settings: Any) -> Engine:
        assert isinstance(service, SpeechServer)
        service.models = {"voxcpm": [{"name": "alba", "language": "en_GB", "gender": "female"}]}
        return speech(profiles.LOCALAI, _settings(LocalAISettings, service, {"model": "voxcpm", **settings}))


class TestVLLMOmni(RemoteContract):
    """Bare PCM at a rate that is asked for, by models that take a language and a seed."""

    newcomer: ClassVar = "ryan"

    @staticmethod
    def create_service(tls: ssl.SSLContext | None) -> LocalService:
        return SpeechServer(tls)

    @staticmethod
    def engine_of(service: LocalService, **settings: Any) -> Engine:
        assert isinstance(service, SpeechServer)
        service.voices = ["vivian"]
        return speech(profiles.VLLM_OMNI, _settings(VLLMOmniSettings, service, settings))


class TestKokoroFastAPI(RemoteContract):
    """Bare PCM, and a list of voices."""

    newcomer: ClassVar = "af_sky"

    @staticmethod
    def create_service(tls: ssl.SSLContext | None) -> LocalService:
        return SpeechServer(tls)

    @staticmethod
    def engine_of(service: LocalService, **settings: Any) -> Engine:
        assert isinstance(service, SpeechServer)
        service.voices = [{"id": "af_heart", "name": "af_heart"}, {"id": "bm_george", "name": "bm_george"}]
        return speech(profiles.KOKORO_FASTAPI, _settings(KokoroFastAPISettings, service, settings))


class TestMp3(TestKokoroFastAPI):
    """Sound that is decoded as it comes."""

    @staticmethod
    def engine_of(service: LocalService, **settings: Any) -> Engine:
        return TestKokoroFastAPI.engine_of(service, format="mp3", **settings)


class TestOpus(TestKokoroFastAPI):
    """The same, in Ogg."""

    cannot: ClassVar = {Fault.WRONG_RATE: "Opus is decoded at 48 kHz, whatever it was made of"}

    @staticmethod
    def engine_of(service: LocalService, **settings: Any) -> Engine:
        return TestKokoroFastAPI.engine_of(service, format="opus", **settings)
