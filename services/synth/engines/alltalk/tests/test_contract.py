"""The engine keeps the contract by both ways, and takes what can go wrong as it should."""

from __future__ import annotations

import ssl
from typing import Any, ClassVar

from alltalk_server import AllTalkServer

from parlando_alltalk.settings import AllTalkSettings
from parlando_alltalk.vendor import AllTalkVendor
from parlando_synth.engine import Engine
from parlando_synth.remote.contract import KEY, RemoteContract
from parlando_synth.remote.engine import RemoteEngine
from parlando_synth.remote.service import Fault, LocalService

_CANNOT = {
    Fault.MODEL: "a request names no model: the server has one loaded",
    Fault.MODERATION: "nobody reads the texts",
}


def _engine(service: LocalService, settings: dict[str, Any]) -> Engine:
    url = f"{'https' if service.tls else 'http'}://127.0.0.1:{service.port}"
    made = AllTalkSettings.model_validate({"base_url": url, "key": KEY, **settings})
    return RemoteEngine(AllTalkVendor(made), made)


class TestStreaming(RemoteContract):
    """Sound as it is made."""

    cannot: ClassVar = _CANNOT
    newcomer: ClassVar = "female_02.wav"

    @staticmethod
    def create_service(tls: ssl.SSLContext | None) -> LocalService:
        return AllTalkServer(tls)

    @staticmethod
    def engine_of(service: LocalService, **settings: Any) -> Engine:
        return _engine(service, settings)


class TestSpeech(RemoteContract):
    """Its interface in OpenAI's form."""

    cannot: ClassVar = _CANNOT

    @staticmethod
    def create_service(tls: ssl.SSLContext | None) -> LocalService:
        return AllTalkServer(tls)

    @staticmethod
    def engine_of(service: LocalService, **settings: Any) -> Engine:
        return _engine(service, {"way": "speech", **settings})
