"""The engine keeps the contract by both roads, and takes what can go wrong on the way as it should."""

from __future__ import annotations

import ssl
from typing import Any, ClassVar

import pytest
from elevenlabs_server import ElevenLabsServer

from parlando_elevenlabs.settings import ElevenLabsSettings
from parlando_elevenlabs.vendor import ElevenLabsVendor
from parlando_kit.errors import ParlandoError, Reason
from parlando_synth.contract import perform
from parlando_synth.engine import Engine
from parlando_synth.job import Job
from parlando_synth.remote.contract import KEY, RemoteContract
from parlando_synth.remote.engine import RemoteEngine
from parlando_synth.remote.service import Fault, LocalService


def _engine(service: LocalService, settings: dict[str, Any]) -> Engine:
    url = f"{'https' if service.tls else 'http'}://127.0.0.1:{service.port}"
    made = ElevenLabsSettings.model_validate({"base_url": url, "key": KEY, **settings})
    return RemoteEngine(ElevenLabsVendor(made), made)


class TestWebSocket(RemoteContract):
    """Contexts on a WebSocket."""

    newcomer: ClassVar = "New00000000000000000"

    @staticmethod
    def create_service(tls: ssl.SSLContext | None) -> LocalService:
        return ElevenLabsServer(tls)

    @staticmethod
    def engine_of(service: LocalService, **settings: Any) -> Engine:
        return _engine(service, {"transport": "websocket", **settings})

    async def test_it_comes_back_when_it_is_asked_to(
        self, service: LocalService, engine: Engine, job: Job
    ) -> None:
        """Leave it to the router: over WebSocket nothing says when."""
        service.fault, service.times = Fault.BUSY, 1
        with pytest.raises(ParlandoError) as refused:
            await perform(engine, job)
        assert refused.value.reason is Reason.OVERLOADED
        assert service.asked == 1

    async def test_it_says_when_to_come_back(self, service: LocalService, job: Job) -> None:
        """Name a second: over WebSocket nothing says more."""
        service.fault = Fault.BUSY
        engine = self.engine_of(service)
        await engine.load()
        with pytest.raises(ParlandoError) as refused:
            await perform(engine, job)
        await engine.close()
        assert refused.value.retry_after == 1.0


class TestHttp(RemoteContract):
    """A request each."""

    newcomer: ClassVar = "New00000000000000000"

    @staticmethod
    def create_service(tls: ssl.SSLContext | None) -> LocalService:
        return ElevenLabsServer(tls)

    @staticmethod
    def engine_of(service: LocalService, **settings: Any) -> Engine:
        return _engine(service, {"transport": "http", **settings})
