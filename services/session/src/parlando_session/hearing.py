"""What was heard of a stored turn, by the rule of the ledger."""

from __future__ import annotations

from collections.abc import Sequence

from google.protobuf.duration_pb2 import Duration

from parlando.session.v1.session_pb2 import TURN_STATUS_COMPLETED, Heard, Turn
from parlando_kit import hearing, ledger
from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.ledger import TimingQuality
from parlando_kit.spans import Span

_NANOS = 1_000_000_000


def heard_of(turn: Turn, audio_end: Duration) -> Heard:
    """Return what was heard of a turn when listening stopped `audio_end` after its start.

    Of a turn that was not spoken to its end, what follows its last word counts as unheard.

    Raises:
        ParlandoError: POSITION_BEYOND_END where the turn is not that long; OUT_OF_RANGE below 0.
    """
    nanos = audio_end.seconds * _NANOS + audio_end.nanos
    if nanos < 0:
        raise ParlandoError(Reason.OUT_OF_RANGE, "audio_end is below 0: use 0 or more", field="audio_end")
    if nanos * turn.sample_rate_hz > turn.sample_count * _NANOS or (nanos and not turn.sample_count):
        lasts = turn.sample_count / (turn.sample_rate_hz or 1)
        raise ParlandoError(
            Reason.POSITION_BEYOND_END,
            f"audio_end is {nanos / _NANOS:,.3f} s: the turn lasts {lasts:,.3f} s",
            field="audio_end",
        )
    played = nanos * turn.sample_rate_hz // _NANOS
    found = hearing.heard_of(
        _words(turn),
        played,
        sample_count=turn.sample_count,
        length=len(turn.text),
        whole=turn.status == TURN_STATUS_COMPLETED,
    )
    return Heard(
        source_offset=found.source_offset,
        heard_text=turn.text[: found.source_offset],
        unheard_text=turn.text[found.source_offset :],
        samples_played=played,
        quality=f"TIMING_QUALITY_{found.quality.name}",
    )


def _words(turn: Turn) -> Sequence[ledger.Word]:
    return [
        ledger.Word(
            source=Span(word.source.start, word.source.end),
            fragment=0,  # a stored turn no longer tells, and the rule does not ask
            spoken=Span(word.spoken.start, word.spoken.end),
            first_sample=word.first_sample,
            sample_count=word.sample_count,
            quality=TimingQuality(word.quality or TimingQuality.ESTIMATED),
        )
        for word in turn.words
    ]
