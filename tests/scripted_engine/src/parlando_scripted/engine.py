"""An engine that does what its script says: a real implementation of the port, for tests."""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Callable, Iterable, Sequence

from pydantic import ValidationError

from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.spans import Span
from parlando_scripted.score import QUALITY, Chunk, chunks
from parlando_scripted.script import Script, ScriptedSettings
from parlando_synth.cloned_voice import ClonedVoice, VoiceChange, VoiceUpload
from parlando_synth.description import EngineDescription
from parlando_synth.engine import BlockingEngine, Engine, Instance
from parlando_synth.events import Audio, EngineEvent, Started, Words
from parlando_synth.job import Job
from parlando_synth.mix_folder import MixFolder
from parlando_synth.mixed_voice import MixedVoice, VoiceMix, check_mix
from parlando_synth.pronunciation import PronouncedWord, Pronunciation
from parlando_synth.stop_flag import StopFlag
from parlando_synth.threaded import ThreadedEngine
from parlando_synth.voice import Gender, Voice
from parlando_synth.voice_folder import VoiceFolder

_OWN = frozenset({"alto", "tenor"})
_MIX = re.compile(r"(alto|tenor)(\(\d+\))?(\+(alto|tenor)(\(\d+\))?)*")


def create() -> Engine:
    """Return the engine that the environment asks for: the entry point "scripted"."""
    settings = ScriptedSettings()
    return ThreadedEngine(ScriptedEngine(settings), instances=settings.instances)


class ScriptedEngine(BlockingEngine):
    """The engine.

    Args:
        settings: what it does; a job changes single fields of the script by its options.
    """

    def __init__(self, settings: ScriptedSettings) -> None:
        self.rehearsal = settings.rehearsal
        self._settings = settings
        self._folder = VoiceFolder(settings.voices, _OWN) if settings.voices else None
        self._mixes = MixFolder(settings.voices, _OWN) if settings.voices else None

    def describe(self) -> EngineDescription:
        """Return what it is: an engine that changes speed and nothing else."""
        return EngineDescription(
            name="scripted",
            version="1",
            licence="Apache-2.0",
            default_voice="alto",
            timing_quality=QUALITY[self._settings.timing],
            max_live=self._settings.instances,
            max_text_code_points=self._settings.max_text_code_points,
            streams=self._settings.streams,
            speed=True,
            min_speed=0.5,
            max_speed=3.0,
            stoppable=self._settings.stoppable,
            voice_cloning=self._folder is not None,
            voice_mixing=self._mixes is not None,
            repeatable=True,
            phonemizes=self._settings.phonemizes,
        )

    def voices(self) -> Sequence[Voice]:
        """Return its two voices and those that were cloned or mixed; they all sound the same."""
        rate = self._settings.sample_rate_hz
        own = (
            Voice("alto", "Alto", ("en",), rate, Gender.FEMALE, aliases=("a",)),
            Voice("tenor", "Tenor", ("en", "fr"), rate, Gender.MALE, aliases=("t",)),
        )
        if self._folder is None or self._mixes is None:
            return own
        cloned = map(self._described, self._folder.voices.values())
        mixed = map(self._mixed, self._mixes.voices.values())
        return sorted((*own, *cloned, *mixed), key=lambda voice: voice.id)

    def add_voice(self, upload: VoiceUpload) -> Voice:
        """Keep a voice, where there is a folder for it."""
        if self._folder is None:
            return super().add_voice(upload)
        return self._described(self._folder.add(upload))

    def mix_voice(self, mix: VoiceMix) -> Voice:
        """Keep a mix of its own voices, where there is a folder for it: "alto(2)+tenor(1)"."""
        if self._mixes is None:
            return super().mix_voice(mix)
        check_mix(mix.mix)
        if not _MIX.fullmatch(mix.mix):
            raise ParlandoError(Reason.VOICE_NOT_FOUND, "mix is none of alto and tenor", field="mix")
        return self._mixed(self._mixes.add(mix))

    def change_voice(self, voice: str, change: VoiceChange) -> Voice:
        """Change what is said of a voice."""
        if self._folder is None or self._mixes is None:
            return super().change_voice(voice, change)
        if voice in self._mixes.voices:
            return self._mixed(self._mixes.change(voice, change))
        return self._described(self._folder.change(voice, change))

    def remove_voice(self, voice: str) -> None:
        """Remove a voice."""
        if self._folder is None or self._mixes is None:
            super().remove_voice(voice)
        elif voice in self._mixes.voices:
            self._mixes.remove(voice)
        else:
            self._folder.remove(voice)

    def _mixed(self, kept: MixedVoice) -> Voice:
        return Voice(
            kept.id,
            kept.name,
            ("en",),
            self._settings.sample_rate_hz,
            description=kept.description,
            mix=kept.mix,
            revision=kept.revision,
        )

    def _described(self, cloned: ClonedVoice) -> Voice:
        return Voice(
            cloned.id,
            cloned.name,
            (cloned.language,),
            self._settings.sample_rate_hz,
            cloned=True,
            licence=cloned.licence,
            description=cloned.description,
            consent_note=cloned.consent_note,
            revision=cloned.revision,
        )

    def phonemize(self, job: Job) -> Pronunciation:
        """Spell each word backwards, which nobody takes for the word itself."""
        if not self._settings.phonemizes:
            return super().phonemize(job)
        found = [(Span(*word.span()), word[0][::-1]) for word in re.finditer(r"\w+", job.text)]
        words = tuple(PronouncedWord(spoken, phonemes) for spoken, phonemes in found)
        return Pronunciation(job.voice, " ".join(word.phonemes for word in words), words)

    def open(self) -> Instance:
        """Return an instance, after as long as the settings say."""
        time.sleep(self._settings.open_ms / 1000)
        if self._settings.open_fails:
            raise ParlandoError(Reason.MODEL_NOT_FOUND, "the script lets no instance open")
        return _ScriptedInstance(self._settings)


class _ScriptedInstance(Instance):
    def __init__(self, settings: ScriptedSettings) -> None:
        self._settings = settings

    def synthesize(self, job: Job, stop: StopFlag, emit: Callable[[EngineEvent], None]) -> None:
        """Follow the script."""
        script, unknown = _script(self._settings, job)
        self._log("begin", job)
        end = "failed"
        try:
            rate = self._settings.sample_rate_hz
            emit(Started(job.voice, rate, QUALITY[script.timing], unknown))
            self._perform(job, script, stop, emit)
            end = "stopped" if stop.requested else "done"
        finally:
            if stop.requested:
                time.sleep(script.stop_ms / 1000)
            self._log(end, job)

    def _perform(self, job: Job, script: Script, stop: StopFlag, emit: Callable[[EngineEvent], None]) -> None:
        stopped = threading.Event()
        stop.on_set(stopped.set)
        began = time.monotonic()
        rate = self._settings.sample_rate_hz
        score: Iterable[Chunk] = () if script.no_audio else chunks(job.text, script, job.speed, rate)
        whole = 0  # samples that must be made before the first leaves
        if not self._settings.streams:
            score = list(score)
            whole = sum(len(pcm) // 2 for pcm, _ in score)
        made = first = 0  # samples; the first chunk is what first_chunk_ms is for
        for pcm, words in score:
            if 0 <= script.fail_after_ms <= made * 1000 / rate:
                raise _failure(script)
            if 0 <= script.hang_after_ms <= made * 1000 / rate:
                stopped.wait()
            made += len(pcm) // 2
            first = first or made
            due = began + script.first_chunk_ms / 1000
            if script.rate:
                due += ((whole or made) - first) / rate / script.rate
            if stopped.wait(max(due - time.monotonic(), 0.0)):
                return
            emit(Audio(pcm[:-1] if script.odd_bytes else pcm))
            if made == first:
                self._log("first-byte", job)
            if words:
                emit(Words(words))

    def close(self) -> None:
        """Nothing is held."""

    def _log(self, event: str, job: Job) -> None:
        """Append "<monotonic ns> <event> <code points of the text>"; one write, so that lines stay whole."""
        if self._settings.log:
            line = f"{time.monotonic_ns()} {event} {len(job.text)}\n"
            log = os.open(self._settings.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(log, line.encode())
            finally:
                os.close(log)


def _script(settings: ScriptedSettings, job: Job) -> tuple[Script, tuple[str, ...]]:
    """Return the script of a job, and the paths of the options that no script has."""
    known = {name: value for name, value in job.options.items() if name in Script.model_fields}
    unknown = tuple(f"engine_options.{name}" for name in sorted(job.options.keys() - known.keys()))
    base = {name: getattr(settings, name) for name in Script.model_fields}
    try:
        return Script.model_validate(base | known), unknown
    except ValidationError as error:
        name = str(error.errors()[0]["loc"][0])
        raise ParlandoError(
            Reason.OUT_OF_RANGE,
            f"engine_options.{name} cannot be read: {Script.model_fields[name].description}",
            field=f"engine_options.{name}",
        ) from None


def _failure(script: Script) -> Exception:
    if script.fail_with:
        return ParlandoError(Reason(script.fail_with), "the script says so")
    return RuntimeError("the script says so")
