"""espeak-ng as an engine: real speech in over a hundred languages, with nothing to download."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

import espeakng_loader

from parlando_espeak.manner import FASTEST, SLOWEST
from parlando_espeak.markup import ELEMENTS
from parlando_espeak.settings import EspeakSettings
from parlando_espeak.speaker import Speaker
from parlando_espeak.voices import DEFAULT_VOICE, LICENCE, VoiceTable
from parlando_espeak.wire import Greeting
from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.ledger import TimingQuality
from parlando_synth.description import EngineDescription
from parlando_synth.engine import Engine
from parlando_synth.events import EngineEvent
from parlando_synth.feelings import EMOTIONS
from parlando_synth.job import Job, TextKind
from parlando_synth.pooled import PooledEngine
from parlando_synth.stop_flag import StopFlag
from parlando_synth.voice import Voice, revision_of

LONGEST_TEXT = 3000
"""Code points of one job: about four minutes of speech, made in a quarter of a second."""


class EspeakEngine(PooledEngine[Speaker]):
    """The engine. Its instances are processes, which are read on the loop: they share nothing but voices.

    Args:
        instances: how many there may be.
    """

    def __init__(self, *, instances: int) -> None:
        super().__init__(instances=instances)
        self._table: VoiceTable | None = None
        self._version = self._revision = ""

    def describe(self) -> EngineDescription:
        """Return what espeak-ng can do."""
        return EngineDescription(
            name="espeak",
            version=self._version,
            licence=LICENCE,
            default_voice=DEFAULT_VOICE,
            timing_quality=TimingQuality.EXACT,
            max_live=self._instances,
            max_text_code_points=LONGEST_TEXT,
            text_kinds=(TextKind.PLAIN, TextKind.SSML),
            ssml_elements=ELEMENTS,
            speed=True,
            min_speed=SLOWEST,
            max_speed=FASTEST,
            pitch=True,
            volume=True,
            emotions=EMOTIONS,
        )

    def voices(self) -> Sequence[Voice]:
        """Return the voices; their variants are found by name (`find_voice`)."""
        return self._known().voices

    def find_voice(self, name: str) -> Voice | None:
        """Return the voice of that id or alias, with a variant where one is named: "en-us+f3"."""
        return self._known().find(name)

    async def voices_revision(self) -> str:
        """Return what tells the voices of one library from another's: they stay as they are."""
        return self._revision

    async def synthesize(self, job: Job, stop: StopFlag) -> AsyncGenerator[EngineEvent, None]:
        """Speak a job on the first free instance; see `Engine.synthesize`."""
        speaker = await self._pool.acquire(stop)
        if speaker is None:
            return
        try:
            async with aclosing(speaker.speak(job, stop, self._known())) as events:
                async for event in events:
                    yield event
        finally:
            self._pool.release(speaker)

    def _begin(self, number: int) -> Speaker:
        del number
        return Speaker(espeakng_loader.get_library_path(), espeakng_loader.get_data_path(), self._greeted)

    def _greeted(self, greeting: Greeting) -> None:
        if self._table is None:
            self._table = VoiceTable(greeting.voices, greeting.variants)
            self._version, self._revision = greeting.version, revision_of(self._table.voices)

    def _known(self) -> VoiceTable:
        if self._table is None:
            raise ParlandoError(Reason.ENGINE_FAILED, "the engine is not loaded")
        return self._table


def create() -> Engine:
    """Return the engine as its settings say."""
    return EspeakEngine(instances=EspeakSettings().instances)
