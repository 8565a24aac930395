"""What may be tried and mended at the router, in the edge's own terms."""

from __future__ import annotations

from typing import Protocol

from pydantic import ConfigDict, Field

from parlando_edge.answer_models import FlushAnswer, ResetAnswer, StatisticsAnswer, TrialAnswer
from parlando_edge.json_models import Body
from parlando_edge.speech_body import LONGEST_NAME
from parlando_edge.voice_making import VoiceMaker


class TrialBody(Body):
    """Asks for a fixed sentence by one engine."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}, {"engine": "espeak"}]})

    engine: str = Field(default="", max_length=LONGEST_NAME, description="Left out: the primary one.")
    voice: str = Field(default="", max_length=LONGEST_NAME, description="Left out: the engine's default.")


class FallbackBody(Body):
    """Has an engine treated as failed for a while."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"engine": "espeak", "seconds": 5}]})

    engine: str = Field(min_length=1, max_length=LONGEST_NAME, description="The engine.")
    seconds: float = Field(default=60.0, ge=0.001, le=3_600, description="For how long.")


class ResetBody(Body):
    """Has breakers closed, those of a fallback test among them."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}]})

    engine: str = Field(default="", max_length=LONGEST_NAME, description="Left out: all engines.")


class FlushBody(Body):
    """Has what was kept forgotten."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}]})

    engine: str = Field(default="", max_length=LONGEST_NAME, description="Left out: of all engines.")


class Administration(Protocol):
    """The router's administration. Every method raises ParlandoError when it fails."""

    @property
    def voices(self) -> VoiceMaker:
        """The keeping of voices."""
        ...

    async def test_stream(self, asked: TrialBody) -> TrialAnswer:
        """Have a fixed sentence spoken by one engine."""
        ...

    async def fall_back(self, asked: FallbackBody) -> None:
        """Treat an engine as failed for a while."""
        ...

    async def reset(self, asked: ResetBody) -> ResetAnswer:
        """Close breakers."""
        ...

    async def flush_cache(self, asked: FlushBody) -> FlushAnswer:
        """Forget the previews of voices that are kept."""
        ...

    async def statistics(self) -> StatisticsAnswer:
        """Return what engines did since the router started."""
        ...
