"""One instance of the engine: it speaks jobs, one at a time, through a process of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from pathlib import Path

from parlando_espeak.emotions import felt
from parlando_espeak.library import SAMPLE_RATE
from parlando_espeak.manner import FASTEST, FASTEST_MARKED, Manner
from parlando_espeak.markup import read_markup
from parlando_espeak.passages import Passage, is_silent, plain, simplified
from parlando_espeak.process import ProcessLost, SpeakingProcess, TextRefused
from parlando_espeak.recital import Recital
from parlando_espeak.voices import DEFAULT_VOICE, VoiceTable
from parlando_espeak.wire import Greeting, Utterance
from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.ledger import TimingQuality
from parlando_synth.events import EngineEvent, Started
from parlando_synth.job import Job, TextKind
from parlando_synth.stop_flag import StopFlag
from parlando_synth.voice import Voice


class Speaker:
    """One copy of the library, in a process of its own, as a pool holds it.

    Args:
        library: path of the shared library.
        data: folder of its voices and dictionaries.
        greeted: is told what the library is, once it is loaded.

    Attributes:
        process: where the library is.
        opened: done once it has said a word, or with the reason why it does not.
        ended: done once the process has ended.
    """

    def __init__(self, library: str, data: str, greeted: Callable[[Greeting], None]) -> None:
        self.process = SpeakingProcess(library, data)
        self.opened: asyncio.Future[None] = asyncio.ensure_future(self._open(library, data, greeted))
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._stop: StopFlag | None = None  # of the job under way

    async def speak(self, job: Job, stop: StopFlag, voices: VoiceTable) -> AsyncGenerator[EngineEvent, None]:
        """Speak a job; see `Engine.synthesize`.

        A clause that brings the library down is spoken once more with its symbols left out. Where that does
        not help, the job ends with ENGINE_FAILED; the next job finds the instance whole.
        """
        voice = voices.find(job.voice)
        if voice is None:
            raise ParlandoError(
                Reason.VOICE_NOT_FOUND, "voice is not known: name one of those in ListVoices", field="voice"
            )
        passages, ignored = _passages(job, voice, voices)
        self._stop = stop
        try:
            yield Started(voice.id, SAMPLE_RATE, TimingQuality.EXACT, ignored)
            recital = Recital()
            for passage in passages:
                for silence in recital.pause(passage.pause):
                    if stop.requested:
                        return
                    yield silence
                if stop.requested:
                    return
                if not is_silent(passage.text):
                    async with aclosing(self._speak(passage, recital, stop)) as events:
                        async for event in events:
                            yield event
        finally:
            self._stop = None

    def finish(self) -> None:
        """Stop what it speaks, and end the process."""
        if self._stop is not None:
            self._stop.set()
        self.process.close()
        if not self.ended.done():
            self.ended.set_result(None)

    def abandon(self) -> None:
        """Do nothing: who waited was released as the process ended."""

    async def _open(self, library: str, data: str, greeted: Callable[[Greeting], None]) -> None:
        if not Path(library).exists():  # noqa: ASYNC240  # one look, at a file that is loaded next
            raise ParlandoError(
                Reason.MODEL_NOT_FOUND, "libespeak-ng is not there: install espeakng-loader again"
            )
        try:
            greeting = await self.process.start()
            async for _ in self.process.speak(Utterance("ready", DEFAULT_VOICE), StopFlag()):
                pass
        except (ProcessLost, TextRefused):
            raise ParlandoError(
                Reason.ENGINE_FAILED,
                "libespeak-ng does not start; this says why: "
                f"python -m parlando_espeak.voicebox {library} {data}",
            ) from None
        greeted(greeting)

    async def _speak(
        self, passage: Passage, recital: Recital, stop: StopFlag
    ) -> AsyncGenerator[EngineEvent, None]:
        recital.begin(passage)
        text = passage.text
        while True:
            try:
                async with aclosing(self.process.speak(_utterance(passage, text), stop)) as frames:
                    async for frame in frames:
                        for event in recital.take(frame):
                            yield event
                break
            except TextRefused:
                raise ParlandoError(
                    Reason.ENGINE_FAILED,
                    "the library does not load this voice: choose another",
                    field="voice",
                ) from None
            except ProcessLost:
                if stop.requested:
                    return
                # Once more, where the audio ends with a clause.
                place = recital.resume()
                if place is None or text != passage.text:
                    raise _failed() from None
                text = simplified(passage.text, place)
        if not stop.requested:
            for event in recital.end():
                yield event


def _utterance(passage: Passage, text: str) -> Utterance:
    wanted = passage.manner.parameters()
    return Utterance(
        text=text,
        voice=passage.voice,
        rate=wanted.rate,
        volume=wanted.volume,
        pitch=wanted.pitch,
        pitch_range=wanted.pitch_range,
    )


def _passages(job: Job, voice: Voice, voices: VoiceTable) -> tuple[Sequence[Passage], tuple[str, ...]]:
    """Return what to speak, and the paths of what is left out."""
    wanted = Manner(job.speed, job.pitch_semitones, job.volume_db)
    fastest = FASTEST_MARKED if job.text_kind is TextKind.SSML else FASTEST
    manner = wanted.held(fastest)
    ignored = [
        path
        for path, kept in (
            ("prosody.speed", manner.speed == wanted.speed),
            ("prosody.pitch_semitones", manner.semitones == wanted.semitones),
            ("prosody.volume_db", manner.decibels == wanted.decibels),
        )
        if not kept
    ]
    ignored += [f"engine_options.{name}" for name in job.options]
    manner = felt(manner, job.emotion, job.emotion_intensity).held(fastest)
    if job.text_kind is not TextKind.SSML:
        return [plain(job.text, voice.id, manner)], tuple(ignored)
    reading = read_markup(job.text, voice.id, manner, voices)
    if not reading.complete:
        ignored.append("text")
    return reading.passages, tuple(ignored)


def _failed() -> ParlandoError:
    return ParlandoError(
        Reason.ENGINE_FAILED,
        "libespeak-ng broke off; it has been started anew: send the text without unusual symbols",
    )
