"""Both engines keep the contract, and take everything that can go wrong on the way as they should."""

from __future__ import annotations

from typing import Any, ClassVar, TypeVar

import pytest
from google_server import GoogleServer

from parlando_google.chirp import ChirpVendor
from parlando_google.classic import ClassicVendor
from parlando_google.settings import ChirpSettings, ClassicSettings, GoogleSettings
from parlando_synth.engine import Engine
from parlando_synth.job import Job
from parlando_synth.remote.contract import KEY, RemoteContract
from parlando_synth.remote.engine import RemoteEngine
from parlando_synth.remote.service import Fault, LocalService

S = TypeVar("S", bound=GoogleSettings)


def _settings(kind: type[S], service: LocalService, settings: dict[str, Any]) -> S:
    url = f"{'https' if service.tls else 'http'}://127.0.0.1:{service.port}"
    return kind.model_validate({"endpoint": url, "key": KEY, **settings})


class TestChirp(RemoteContract):
    """Chirp 3 HD, as it streams."""

    create_service = GoogleServer
    newcomer: ClassVar = "en-US-Chirp3-HD-Puck"
    cannot: ClassVar = {Fault.WRONG_RATE: "an answer of bare PCM states no rate"}

    @staticmethod
    def engine_of(service: LocalService, **settings: Any) -> Engine:
        made = _settings(ChirpSettings, service, settings)
        return RemoteEngine(ChirpVendor(made), made)


class TestOpus(TestChirp):
    """The same as Opus in Ogg."""

    cannot: ClassVar = {Fault.WRONG_RATE: "Opus is decoded at 48 kHz, whatever it was made of"}

    @staticmethod
    def engine_of(service: LocalService, **settings: Any) -> Engine:
        return TestChirp.engine_of(service, encoding="ogg_opus", **settings)


class TestClassic(RemoteContract):
    """The older voices, all at once."""

    create_service = GoogleServer
    newcomer: ClassVar = "en-US-Neural2-F"

    @staticmethod
    def engine_of(service: LocalService, **settings: Any) -> Engine:
        made = _settings(ClassicSettings, service, settings)
        return RemoteEngine(ClassicVendor(made), made)

    @pytest.mark.parametrize("fault", [Fault.HANG_BEFORE])  # one answer has no middle
    async def test_who_stands_still_is_left(self, service: LocalService, job: Job, fault: Fault) -> None:
        await super().test_who_stands_still_is_left(service, job, fault)
