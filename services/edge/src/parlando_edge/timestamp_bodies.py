"""What the answer of `/v1/audio/speech/timestamps` is made of: lines of JSON, or subtitles."""

from __future__ import annotations

from binascii import b2a_base64
from typing import Any, Literal

import orjson

from parlando_edge.openai_errors import describe
from parlando_edge.ports import AudioMade, Finished, SpeechEvent, Started, WordsTimed
from parlando_edge.subtitles import Cues, head, written
from parlando_edge.usage import usage_of
from parlando_kit.errors import ParlandoError
from parlando_kit.ledger import Word

NDJSON, SUBRIP, WEBVTT = "application/x-ndjson", "application/x-subrip", "text/vtt"
TIMESTAMP_MEDIA: dict[str, Literal["ndjson", "srt", "vtt"]] = {
    NDJSON: "ndjson",
    "application/ndjson": "ndjson",
    SUBRIP: "srt",
    WEBVTT: "vtt",
}
"""Media types that `Accept` may ask for, and the formats they mean."""


class LinesBody:
    """Lines of JSON: `started`, `audio` with the `words` that end in it before it, then `done` or `error`.

    Args:
        text: the whole text.
        rate: samples a second.
        media_type: of the audio.
    """

    media_type = NDJSON

    def __init__(self, text: str, rate: int, media_type: str) -> None:
        self._text = text
        self._rate = rate
        self._audio = media_type
        self._sent = 0  # samples
        self._waiting = b""

    def happened(self, event: SpeechEvent) -> bytes:
        """Return the lines up to an audio one; what stands before it waits for it."""
        if isinstance(event, Started):
            engine = {"engine": event.engine, "voice": event.voice}
            self._waiting += _line(
                "started", {**engine, "media_type": self._audio, "sample_rate": self._rate}
            )
        elif isinstance(event, WordsTimed):
            self._waiting += _line("words", {"words": [self._shown(word) for word in event.words]})
        elif isinstance(event, AudioMade) and event.data:
            waited, self._waiting = self._waiting, b""
            sound = b2a_base64(event.data, newline=False).decode()
            place = {
                "audio_offset_ms": self._ms(self._sent),
                "audio_duration_ms": self._ms(event.sample_count),
            }
            self._sent += event.sample_count
            return waited + _line("audio", {**place, "audio": sound})
        return b""

    def end(self, finished: Finished | None) -> bytes:
        """Return the last lines."""
        characters, samples = (finished.characters, finished.sample_count) if finished else (0, self._sent)
        usage = usage_of(characters, samples / self._rate)
        shown = {name: usage[name] for name in ("input_tokens", "output_tokens", "total_tokens")}
        return self._waiting + _line("done", {"audio_duration_ms": self._ms(samples), "usage": shown})

    def broken(self, error: ParlandoError) -> bytes:
        """Return a line with the error in OpenAI's shape."""
        return _line("error", {"error": describe(error)})

    def _shown(self, word: Word) -> dict[str, Any]:
        return {
            "text": self._text[word.source.start : word.source.end],
            "source_start": word.source.start,
            "source_end": word.source.end,
            "audio_offset_ms": self._ms(word.first_sample),
            "audio_duration_ms": self._ms(word.sample_count),
            "quality": word.quality.name.lower(),
        }

    def _ms(self, samples: int) -> float:
        return round(samples * 1000 / self._rate, 3)


def _line(kind: str, values: dict[str, Any]) -> bytes:
    return orjson.dumps({"type": kind, **values}, option=orjson.OPT_APPEND_NEWLINE)


class SubtitleBody:
    """Cues, as soon as they are complete; the audio is left out. An answer that breaks is broken off.

    Args:
        cues: makes them.
        form: how they are written.
    """

    def __init__(self, cues: Cues, form: Literal["srt", "vtt"]) -> None:
        self.media_type = f"{WEBVTT if form == 'vtt' else SUBRIP}; charset=utf-8"
        self._cues = cues
        self._form: Literal["srt", "vtt"] = form
        self._waiting = head(form)

    def happened(self, event: SpeechEvent) -> bytes:
        """Return the cues that these words complete."""
        if not isinstance(event, WordsTimed):
            return b""
        made = "".join(written(cue, self._form) for cue in self._cues.add(event.words))
        return self._headed(made) if made else b""

    def end(self, finished: Finished | None) -> bytes:
        """Return the last cue."""
        del finished
        return self._headed("".join(written(cue, self._form) for cue in self._cues.end()))

    def broken(self, error: ParlandoError) -> bytes:
        """Return nothing."""
        del error
        return b""

    def _headed(self, cues: str) -> bytes:
        waited, self._waiting = self._waiting, ""
        return (waited + cues).encode()
