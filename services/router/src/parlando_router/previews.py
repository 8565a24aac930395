"""A short sentence by each voice, spoken once and kept within a bound of memory."""

from __future__ import annotations

import asyncio
import io
import wave
from collections import Counter, OrderedDict, defaultdict
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from parlando_kit.errors import ParlandoError, Reason
from parlando_router.events import AudioSent, SpeechEvent
from parlando_router.request import PlayoutMode, Schedule, SpeechSettings
from parlando_router.sample_sentences import sample_sentence
from parlando_router.speak_protocol import Append, BeginEpoch, Command
from parlando_router.utterance import Studio, Utterance

_LONGEST_NAME = 256  # characters of a voice's name: a mix is long
_MOST_WAITING = 8  # callers for one engine, beside the one whose preview it speaks
_RETRY_SECONDS = 5.0  # some sentences later
_IN_ONE = Schedule(first_code_points=200)  # nobody waits for its first word: it is to sound well


@dataclass(frozen=True, slots=True)
class Preview:
    """What a voice sounds like.

    Attributes:
        wav: a WAV file of 16-bit samples, one channel, at 24,000 Hz.
        text: the sentence.
        language: its BCP 47 tag.
        engine: that speaks.
        voice: that speaks, as it was asked for.
    """

    wav: bytes
    text: str = field(repr=False)
    language: str
    engine: str
    voice: str


@dataclass(frozen=True, slots=True)
class _Key:
    """What a preview is of: when any of it is another, it is spoken anew."""

    engine: str
    version: str
    model: str
    voice: str
    revision: str
    text: str = field(repr=False)


class Previews:
    """Speaks previews, one of an engine at a time, and keeps them.

    Args:
        studio: what they are spoken with.
        most_bytes: of WAV files that may be kept; the least used go first.
    """

    def __init__(self, studio: Studio, most_bytes: int) -> None:
        self._studio = studio
        self._most_bytes = most_bytes
        self._bytes = 0
        self._kept: OrderedDict[_Key, Preview] = OrderedDict()
        self._speaking: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)  # by engine
        self._asking: Counter[str] = Counter()  # callers by engine: one speaks, the others wait
        self._flushes: Counter[str] = Counter()  # by engine; "": of all

    async def of(self, engine: str, voice: str) -> Preview:
        """Return a voice's preview.

        Args:
            engine: its engine; "" for the one that has it.
            voice: its id or alias, or a mix.

        Raises:
            ParlandoError: FIELD_REQUIRED, OUT_OF_RANGE, VOICE_NOT_FOUND or ENGINE_NOT_FOUND, at the field;
                OVERLOADED, too many wait for the engine; the voice cannot speak now.
        """
        key, language = self._found(engine, voice)
        if (kept := self._known(key)) is not None:
            return kept
        with self._place(key.engine):
            async with self._speaking[key.engine]:
                if (kept := self._known(key)) is not None:  # it was spoken for somebody else meanwhile
                    return kept
                flushes = self._flushed(key.engine)
                wav = await self._spoken(key, language)
                preview = Preview(wav, key.text, language, key.engine, key.voice)
                if self._flushed(key.engine) == flushes:  # else it may be of what was to be forgotten
                    self._keep(key, preview)
                return preview

    def flush(self, engine: str) -> int:
        """Forget previews, which are spoken anew then; return how many there were.

        One that is being spoken is given to who asked for it, and not kept.

        Args:
            engine: whose; "" for all.

        Raises:
            ParlandoError: ENGINE_NOT_FOUND.
        """
        self._studio.engines.require_engine(engine, "engine")
        self._flushes[engine] += 1
        forgotten = [key for key in self._kept if engine in ("", key.engine)]
        for key in forgotten:
            self._bytes -= len(self._kept.pop(key).wav)
        return len(forgotten)

    def _found(self, engine: str, voice: str) -> tuple[_Key, str]:
        if not voice:
            raise ParlandoError(Reason.FIELD_REQUIRED, "voice is empty: name one", field="voice")
        if len(voice) > _LONGEST_NAME:
            raise ParlandoError(
                Reason.OUT_OF_RANGE, f"voice is longer than {_LONGEST_NAME} characters", field="voice"
            )
        engines = self._studio.engines
        engines.require_engine(engine, "engine")
        owners = [
            (name, replica, known)
            for name, replicas in engines.groups()
            for replica in (replicas if engine in ("", name) else ())
            if (known := replica.voice(voice)) is not None
        ]
        owners.sort(key=lambda owner: not owner[1].serving)  # who asks them tells that none is up
        for name, replica, known in owners:
            if (about := replica.description) is not None:
                text, language = sample_sentence(known.languages)
                own = known.id if voice.casefold() in known.names else voice
                return _Key(name, about.version, about.model, own, known.revision, text), language
        error = engines.voice_not_found(voice, engine)
        raise ParlandoError(error.reason, error.message.removeprefix("settings."), field="voice")

    async def _spoken(self, key: _Key, language: str) -> bytes:
        settings = SpeechSettings(engine=key.engine, voice=key.voice, language=language, schedule=_IN_ONE)
        pcm = bytearray()

        async def take(batch: Sequence[tuple[int, SpeechEvent]]) -> None:
            for _, event in batch:
                if isinstance(event, AudioSent):
                    pcm.extend(event.data)

        await Utterance(settings, PlayoutMode.UNPACED, self._studio, take).run(_whole(key.text, settings))
        if not pcm:
            raise ParlandoError(Reason.ENGINE_FAILED, "the voice said nothing")
        return _wav(bytes(pcm), settings.output.sample_rate_hz)

    @contextmanager
    def _place(self, engine: str) -> Iterator[None]:
        """Be one of those who ask an engine for a preview.

        Raises:
            ParlandoError: OVERLOADED.
        """
        if self._asking[engine] > _MOST_WAITING:
            raise ParlandoError(
                Reason.OVERLOADED,
                f"{_MOST_WAITING} wait for previews by {engine}: try again later",
                retry_after=_RETRY_SECONDS,
            )
        self._asking[engine] += 1
        try:
            yield
        finally:
            self._asking[engine] -= 1

    def _flushed(self, engine: str) -> int:
        """Return how often its previews were to be forgotten."""
        return self._flushes[""] + self._flushes[engine]

    def _known(self, key: _Key) -> Preview | None:
        """Return a preview that is kept, as the last one used."""
        if key in self._kept:
            self._kept.move_to_end(key)
        return self._kept.get(key)

    def _keep(self, key: _Key, preview: Preview) -> None:
        self._kept[key] = preview
        self._bytes += len(preview.wav)
        while self._bytes > self._most_bytes:
            _, oldest = self._kept.popitem(last=False)
            self._bytes -= len(oldest.wav)


async def _whole(text: str, settings: SpeechSettings) -> AsyncIterator[Command]:
    yield BeginEpoch(1, settings, None)
    yield Append(text)


def _wav(pcm: bytes, rate: int) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(pcm)
    return file.getvalue()
