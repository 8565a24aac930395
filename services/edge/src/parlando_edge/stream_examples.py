"""What streamed answers look like: a sentence as each body writes it, for the OpenAPI document."""

from __future__ import annotations

from parlando_edge.ports import AudioMade, Finished, SpeechEvent, Started, WordsTimed
from parlando_edge.speech_bodies import Body, EventBody
from parlando_edge.subtitles import Cues
from parlando_edge.timestamp_bodies import LinesBody, SubtitleBody
from parlando_kit.ledger import TimingQuality, Word
from parlando_kit.spans import Span

_TEXT, _RATE, _SAMPLES = "Hello there.", 24_000, 21_600


def _word(start: int, end: int, first: int, count: int) -> Word:
    return Word(Span(start, end), 0, Span(start, end), first, count, TimingQuality.EXACT)


_WORDS = (_word(0, 5, 0, 9_600), _word(6, 12, 9_600, 12_000))
_SPEECH: tuple[SpeechEvent, ...] = (
    Started("espeak", "gmw/en"),
    WordsTimed(_WORDS),
    AudioMade(bytes.fromhex("fff364c400000000"), _SAMPLES),  # an MP3's first bytes: all of it would be long
)
_FINISHED = Finished(_SAMPLES, len(_TEXT), _WORDS)


def _written(body: Body) -> str:
    return b"".join([*map(body.happened, _SPEECH), body.end(_FINISHED)]).decode()


EVENTS_EXAMPLE = _written(EventBody(_RATE))
LINES_EXAMPLE = _written(LinesBody(_TEXT, _RATE, "audio/mpeg"))
SUBRIP_EXAMPLE = _written(SubtitleBody(Cues(_TEXT, _RATE), "srt"))
WEBVTT_EXAMPLE = _written(SubtitleBody(Cues(_TEXT, _RATE), "vtt"))
