"""Workers as they run: nothing that they log, trace, answer or crash with shows the key or the text."""

from __future__ import annotations

import ssl
from typing import ClassVar

from realtime_server import RealtimeServer
from speech_server import SpeechServer

from parlando_synth.remote.secrecy import SecrecyContract
from parlando_synth.remote.service import LocalService


class TestOpenAI(SecrecyContract):
    """Events."""

    engine, prefix, path = "openai", "OPENAI_", "/v1"

    @staticmethod
    def create_service(tls: ssl.SSLContext | None) -> LocalService:
        return SpeechServer(tls)


class TestKokoroFastAPI(SecrecyContract):
    """Bytes, which are decoded."""

    engine, prefix, path = "kokoro-fastapi", "KOKORO_FASTAPI_", "/v1"
    more: ClassVar = {"KOKORO_FASTAPI_FORMAT": "mp3"}

    @staticmethod
    def create_service(tls: ssl.SSLContext | None) -> LocalService:
        service = SpeechServer(tls)
        service.voices = [{"id": "af_heart", "name": "af_heart"}]
        return service


class TestRealtime(SecrecyContract):
    """Sessions."""

    engine, prefix, path = "openai-realtime", "OPENAI_REALTIME_", "/v1"

    @staticmethod
    def create_service(tls: ssl.SSLContext | None) -> LocalService:
        return RealtimeServer(tls)
