"""One job as a vendor speaks it: what comes, turned into the events of the port."""

from __future__ import annotations

from collections.abc import Iterator

from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.ledger import TimingQuality
from parlando_synth.events import Audio, EngineEvent, Started, Words
from parlando_synth.job import Job
from parlando_synth.pace import Pace, PacedWords
from parlando_synth.remote.pcm import PcmReader
from parlando_synth.remote.vendor import Exchange, Said
from parlando_synth.voice import Voice


class Rendition:
    """Turns what a vendor says into events, and checks that it is sound.

    Args:
        vendor: its name, for messages.
        job: what is spoken; its text as `Vendor.heard` has it.
        voice: by whom.
        quality: of the words' times; where it is ESTIMATED they are made here.
        pace: how fast voices speak.
        exchange: what the adapter notes.
    """

    def __init__(
        self, vendor: str, job: Job, voice: Voice, quality: TimingQuality, pace: Pace, exchange: Exchange
    ) -> None:
        self._vendor = vendor
        self._job = job
        self._voice = voice
        self._quality = quality
        self._pace = pace
        self._exchange = exchange
        self._reader = PcmReader(vendor, voice.sample_rate_hz)
        self._words: PacedWords | None = None
        if quality is TimingQuality.ESTIMATED:
            per_code_point = pace.of(voice.id) / job.speed * voice.sample_rate_hz
            self._words = PacedWords(job.text, per_code_point)
        self._begun = False
        self._made = 0  # samples

    def take(self, item: Said) -> Iterator[EngineEvent]:
        """Yield what an item comes to.

        Raises:
            ParlandoError: ENGINE_FAILED: it is no sound, or of another rate.
        """
        yield from self._begin()
        if not isinstance(item, bytes):
            yield item
            return
        if self._exchange.rate is not None:
            self._reader.check_rate(self._exchange.rate)
        if pcm := self._reader.feed(item):
            self._made += len(pcm) // 2
            yield Audio(pcm)
            if self._words is not None and (timed := self._words.made(self._made)):
                yield Words(timed)

    def nothing(self) -> Iterator[EngineEvent]:
        """Yield what there is of a text in which there is nothing to say."""
        yield from self._begin()

    def end(self) -> Iterator[EngineEvent]:
        """Yield what is left once the vendor has said all.

        Raises:
            ParlandoError: ENGINE_FAILED: there was no sound.
        """
        if pcm := self._reader.end():
            self._made += len(pcm) // 2
            yield Audio(pcm)
        if not self._made:
            raise ParlandoError(Reason.ENGINE_FAILED, f"{self._vendor} sent no sound for this text")
        if self._words is not None:
            yield Words(self._words.end(self._made))
            seconds = self._made / self._voice.sample_rate_hz * self._job.speed
            self._pace.spoke(self._voice.id, self._words.code_points, seconds)

    def _begin(self) -> Iterator[EngineEvent]:
        if not self._begun:
            self._begun = True
            voice = self._voice
            yield Started(voice.id, voice.sample_rate_hz, self._quality, self._exchange.ignored)
