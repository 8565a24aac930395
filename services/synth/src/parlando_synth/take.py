"""What an engine says of one job, checked and counted on its way to the reader."""

from __future__ import annotations

from parlando_kit.errors import ParlandoError, Reason
from parlando_synth.events import Aftermath, Audio, Charge, Deviation, EngineEvent, Progress, Started, Words
from parlando_synth.order import Begun, Finished
from parlando_synth.outbox import Outbox


class Take:
    """The events of one job. An engine that breaks the port's rules fails here, not at its callers.

    Args:
        outbox: where they go.
        characters: code points of the job's text.
        ignored: paths of what the worker has left out of the order already.
        queued: seconds the job waited for its engine.

    Attributes:
        samples: made so far.
        goes_on: whether a stop left work behind at a vendor, where the engine has said so.
    """

    def __init__(self, outbox: Outbox, *, characters: int, ignored: tuple[str, ...], queued: float) -> None:
        self.samples = 0
        self.goes_on: bool | None = None
        self._outbox = outbox
        self._characters = characters
        self._ignored = ignored
        self._queued = queued
        self._rate = 0
        self._last_word = 0  # where the last word timed begins, in samples
        self._charge: Charge | None = None
        self._deviation: Deviation | None = None

    @property
    def seconds(self) -> float:
        """Seconds of audio made so far."""
        return self.samples / self._rate if self._rate else 0.0

    def add(self, event: EngineEvent) -> None:
        """Pass an event on.

        Raises:
            ParlandoError: ENGINE_FAILED: the engine may not say this; SLOW_READER: nobody listens.
        """
        if isinstance(event, Audio) and self._rate:
            if len(event.pcm) % 2:
                raise ParlandoError(Reason.ENGINE_FAILED, "the engine made half a sample")
            if event.pcm:
                self.samples += len(event.pcm) // 2
                self._outbox.put(event)
        elif isinstance(event, Started) is bool(self._rate):
            raise ParlandoError(Reason.ENGINE_FAILED, "the engine must say once, and first, who speaks")
        elif isinstance(event, Started):
            self._begin(event)
        elif isinstance(event, Words):
            self._check(event)
            self._outbox.put(event)
        elif isinstance(event, Progress):
            self._outbox.put(event)
        else:
            self._note(event)

    def finish(self, engine_time: float, *, cut_short: bool) -> None:
        """Say that the job is complete, the engine having worked for `engine_time` seconds.

        Raises:
            ParlandoError: ENGINE_FAILED: it was cut short, by an engine that closes, or never began.
        """
        if cut_short:
            raise ParlandoError(Reason.ENGINE_FAILED, "the engine was closed while it spoke")
        if not self._rate:
            raise ParlandoError(Reason.ENGINE_FAILED, "the engine ended before it began")
        self._outbox.put(Finished(self.samples, engine_time, self._characters, self._charge, self._deviation))
        self._outbox.close()

    def _begin(self, started: Started) -> None:
        self._rate = started.sample_rate_hz
        self._outbox.begin(
            Begun(
                voice=started.voice,
                sample_rate_hz=started.sample_rate_hz,
                timing_quality=started.timing_quality,
                ignored=tuple(dict.fromkeys(self._ignored + started.ignored)),
                queued=self._queued,
            )
        )

    def _note(self, event: EngineEvent) -> None:
        """Keep what is said of the job as a whole."""
        if isinstance(event, Charge):
            self._charge = event
        elif isinstance(event, Deviation):
            self._deviation = event
        elif isinstance(event, Aftermath):
            self.goes_on = event.goes_on

    def _check(self, timed: Words) -> None:
        for word in timed.words:
            if (
                word.first_sample < self._last_word
                or word.sample_count < 0
                or word.spoken.end > self._characters
            ):
                raise ParlandoError(Reason.ENGINE_FAILED, "the engine timed its words out of order")
            self._last_word = word.first_sample
