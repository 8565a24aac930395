"""Callers who check what they hear: every word once, and how long the seams are."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

import grpc

from parlando.speech.v1 import speech_pb2
from parlando_kit.status import from_rpc_error

if TYPE_CHECKING:
    from parlando.speech.v1.speech_service_pb2_grpc import SpeechServiceAsyncStub

TEXTS = (
    "the quick brown fox jumps over the lazy old dog while the garden looks beautiful",
    "please open the front door and bring water and bread before the market opens on monday",
    "turn off all the lights, close the kitchen window, and leave the keys on the table",
    "what time is the meeting tomorrow? we need three more chairs for it.",
    "my favorite color is green. the river is very deep, and the weather is cold today.",
    "send the letter to my brother. call the doctor in the morning. play some quiet music.",
    "the train leaves at noon. she bought seven red apples and a loaf of bread on the way.",
    "read the first chapter again, slowly, and count from one to ten when you are done",
    "nobody knows why the old clock stands still, or who wound it last, or when that was",
    "bring the lamp. hold it high. now look behind the door, and tell us what you see there.",
    "a small boat came down the river at night with two men in it and one of them sang",
    "we walked along the shore until the sun went down, and then we walked back home again",
    "the teacher wrote a long word on the board. nobody could read it. she laughed out loud.",
    "there were nine of us in the house that winter, and only one stove, and hardly any wood",
    "take the second road on the left after the bridge, then go straight on for half a mile",
    "my sister paints birds. she has painted hundreds of them. none of them is ever for sale.",
    "if it rains tomorrow we stay at home; if it does not, we climb the hill behind the farm",
    "he opened the box, looked inside, closed it again, and never said a word about it",
    "the soup needs salt, the bread needs butter, and the cook needs a good long rest",
    "first we listen, then we think, and only then, when all is quiet, do we speak at last",
)
_RATE = 24_000


@dataclass
class Report:
    """What callers got.

    Attributes:
        errors: by reason.
        wrong: what was missing, twice or out of place.
        seams: by the reason of the change.
        speaking: set whenever an utterance that is not paced begins to be heard.
    """

    utterances: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    seams: Counter[str] = field(default_factory=Counter)
    gaps: list[float] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)
    first_chunks: list[float] = field(default_factory=list)
    began_at: float = 0.0  # when the last utterance began to be heard
    disturbances: Counter[str] = field(default_factory=Counter)
    speaking: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass
class Listener:
    """One caller's view of one utterance, as it arrives."""

    report: Report
    began: float
    paced: bool
    samples: int = 0
    played_until: float = 0.0
    last_frame: float = 0.0
    seam: str = ""
    words: list[tuple[int, int]] = field(default_factory=list)
    told: list[tuple[int, int]] = field(default_factory=list)

    def hear(self, event: speech_pb2.SpeechEvent) -> None:
        """Take an event in."""
        if event.HasField("engine_changed") and event.engine_changed.reason:
            self.seam = event.engine_changed.reason
        elif event.HasField("finished"):
            self.words = [(word.source.start, word.source.end) for word in event.finished.words]
        elif event.HasField("words"):
            self.told += [(word.source.start, word.source.end) for word in event.words.words]
        elif event.HasField("audio") and event.audio.sample_count:
            self._play(event.audio)

    def _play(self, audio: speech_pb2.AudioFrame) -> None:
        now = time.monotonic()
        if audio.first_sample != self.samples:
            self.report.wrong.append(f"samples begin at {audio.first_sample}, not {self.samples}")
        if not self.samples:
            self.report.first_chunks.append(now - self.began)
            self.report.began_at = now
            self.played_until = self.last_frame = now
            if not self.paced:
                self.report.speaking.set()
        if self.seam:
            self.report.seams[self.seam] += 1
            self.report.gaps.append(max(now - self.played_until, 0.0))
            self.report.pauses.append(now - self.last_frame)
            self.seam = ""
        self.samples += audio.sample_count
        self.last_frame = now
        self.played_until = max(self.played_until, now) + audio.sample_count / _RATE

    def check(self, text: str) -> None:
        """Note it where a word is missing or there twice."""
        self._compare(self.words, text, _written(text))

    def check_so_far(self, text: str) -> None:
        """Likewise, of what was told while it was spoken: the words that its text begins with."""
        self._compare(self.told, text, _written(text)[: len(self.told)])

    def _compare(self, words: list[tuple[int, int]], text: str, written: list[str]) -> None:
        said = [text[start:end].strip(".,;?").casefold() for start, end in words]
        overlap = any(earlier[1] > later[0] for earlier, later in pairwise(words))
        if said != written or overlap:
            self.report.wrong.append(f"{said} for {written}")


def _written(text: str) -> list[str]:
    return [word.strip(".,;?").casefold() for word in text.split()]


async def utter(
    stub: SpeechServiceAsyncStub,
    report: Report,
    text: str,
    settings: speech_pb2.SpeechSettings,
    *,
    play: bool = True,
) -> None:
    """Have one text spoken, and note what came; return once it was played to its end, or at once."""
    paced = settings.playout_mode != speech_pb2.PLAYOUT_MODE_UNPACED
    listener = Listener(report, time.monotonic(), paced)
    try:
        request = speech_pb2.SayRequest(text=text, settings=settings)
        async for response in stub.Say(request, timeout=120):
            for event in response.events:
                listener.hear(event)
    except grpc.aio.AioRpcError as error:
        report.errors[from_rpc_error(error).reason.value] += 1
        return
    report.utterances += 1
    listener.check(text)
    if play:
        await asyncio.sleep(max(listener.played_until - time.monotonic(), 0.0))
