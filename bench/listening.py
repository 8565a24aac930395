"""Two ears that know nothing of our timings: espeak-ng's own events, and a forced alignment.

Both say when each word of an utterance is heard. The first has the library speak each fragment again, by
itself, and finds that sound in the utterance's by correlation; the second has pocketsphinx match the sound to
its dictionary's sounds of the words.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path

import espeakng_loader
import grpc
import numpy as np
import soxr
from numpy.typing import NDArray
from pocketsphinx import Decoder

from parlando.speech.v1 import speech_pb2
from parlando.speech.v1.speech_service_pb2_grpc import SpeechServiceStub
from parlando_espeak.library import SAMPLE_RATE, Event, EventKind, Library
from parlando_kit.ledger import TimingQuality, Word
from parlando_kit.spans import Span

RATE = 16_000
"""Samples a second of what is listened to: what pocketsphinx's model was made for."""

SLACK = RATE * 5 // 1000
"""Samples within which two neighbours may both be said to be heard."""

TEXTS = (
    "The quick brown fox jumps over the lazy dog near the river bank.",
    "She bought seven red apples, two green pears and a loaf of bread at the market on our street.",
    "When the sun comes over the hill, the first boats go out. By noon they are back again.",
    "She paid 5 dollars for the book, and 12 dollars for the lamp.",
    "Please open the front door, turn off all the lights, and call the doctor in the morning.",
    "What time is the meeting tomorrow? I think it begins at nine.",
    "My favorite color is green; his is blue, and nobody knows hers.",
    "The weather is cold, but the garden looks beautiful.",
    "Send the letter to my brother. He lives in a small town by the sea.",
    "We need 3 more chairs, because 12 people are coming.",
    "The train leaves at noon, so bring water and bread.",
    "Read the first chapter again, slowly, without looking up.",
    "The river is very deep here! Do not swim alone.",
    "Play some quiet music while we wait for the others.",
    "The market opens on Monday, and closes on Friday evening.",
    "Leave the keys on the table, and close the kitchen window.",
    "Every evening my father reads the paper, and my mother works in the garden.",
    "The whole town smells of salt, of tar and of frying fish.",
    "Early in the morning the harbor is quiet, and only the birds are awake.",
    "If you hear me, raise your hand. If you do not, please say so.",
    "The bird sings in the tall tree behind our house.",
    "Most people like warm bread with butter and honey.",
    "He opened the old book and read the first page aloud.",
    "Our team will finish the work before the end of the week.",
)

_SAID = {"3": "three", "5": "five", "12": "twelve"}
_VOICE = "gmw/en-US"
_LEAD = RATE // 4  # silence before the sound, in which the aligner finds its feet
_RENDERINGS = 12
_TRIES = tuple(product((1e-48, 1e-64, 1e-100), (1.0, 0.3, 2.5, 0.5, 1.6)))  # beams of its search, gains
_FRAME = RATE // 100  # of the aligner
_REACH = RATE // 10  # how far a fragment's sound may lie from where it is looked for

Samples = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Spoken:
    """An utterance as the router gave it out: samples at `RATE`, words in order, fragments as they begin."""

    text: str
    samples: Samples
    words: tuple[Word, ...]
    fragments: tuple[speech_pb2.FragmentBegun, ...]


def speak(router: str, text: str) -> Spoken:
    """Have a text spoken by espeak-ng through the router at an address."""
    settings = speech_pb2.SpeechSettings(engine="espeak", voice="en-us")
    settings.format.sample_rate_hz = RATE
    pcm = bytearray()
    words: list[Word] = []
    fragments: list[speech_pb2.FragmentBegun] = []
    with grpc.insecure_channel(router) as channel:
        request = speech_pb2.SayRequest(text=text, settings=settings)
        for response in SpeechServiceStub(channel).Say(request, timeout=60):
            for event in response.events:
                if event.HasField("audio"):
                    pcm += event.audio.data
                elif event.HasField("fragment"):
                    fragments.append(event.fragment)
                elif event.HasField("words"):
                    words += _words(event.words)
    samples = np.frombuffer(bytes(pcm), np.int16).astype(np.float32) / np.float32(32_768)
    return Spoken(text, samples, tuple(words), tuple(fragments))


def _words(timed: speech_pb2.SpeechWords) -> Iterable[Word]:
    for word in timed.words:
        yield Word(
            Span(word.source.start, word.source.end),
            timed.fragment_index,
            Span(word.spoken.start, word.spoken.end),
            word.first_sample,
            word.sample_count,
            TimingQuality(word.quality),
        )


def word_at(starts: Sequence[float], position: float) -> int:
    """Return which word is heard at a position: the last to have begun, or the first."""
    return max(bisect_right(starts, position) - 1, 0)


def is_right(heard: int, starts: Sequence[float], position: int) -> bool:
    """Return whether so many heard words end at the word at a position, before or behind it."""
    first, last = word_at(starts, position - SLACK), word_at(starts, position + SLACK)
    while first > 0 and starts[first - 1] == starts[first]:
        first -= 1  # the library reports them as one
    return first <= heard <= last + 1


def away(word: int, starts: Sequence[float], position: int) -> float:
    """Return how many samples lie between a position and a word."""
    end = starts[word + 1] if word + 1 < len(starts) else float("inf")
    return max(starts[word] - position, position - end, 0) if word else max(position - end, 0)


def by_events(spoken: Spoken) -> list[int]:
    """Return where each word begins by the library's own events, in samples of the utterance.

    What it reports as one ("of the") begins together.
    """
    starts: list[int] = []
    for fragment in spoken.fragments:
        if not fragment.synthesis_id:
            continue  # nothing in it is said
        offset, events = _matched(fragment, spoken.samples)
        begun = offset
        for word in (word for word in spoken.words if word.fragment == fragment.fragment_index):
            own = [at for place, at in events if word.spoken.start <= place < word.spoken.end]
            begun = offset + own[0] if own else begun
            starts.append(begun)
    return starts


def by_alignment(spoken: Spoken, said: Sequence[str]) -> list[float]:
    """Return where each word begins by a forced alignment, in samples of the utterance.

    Args:
        spoken: the utterance.
        said: what is said for each of its words; each word of it is in pocketsphinx's dictionary.

    Raises:
        ValueError: the aligner cannot follow the sound to its end.
    """
    sounds = [sound for words in said for sound in words.split()]
    hush = np.random.default_rng(0).normal(0, 0.0008, 3 * _LEAD).astype(np.float32)
    found: list[int] = []
    for beam, gain in _TRIES:  # it loses its way in some, and ends early
        heard = np.concatenate([hush[:_LEAD], gain * spoken.samples, hush[_LEAD:]])
        found = _aligned((np.clip(heard, -1, 1) * 32_767).astype(np.int16).tobytes(), " ".join(sounds), beam)
        if len(found) == len(sounds):
            break
    else:
        raise ValueError(f"the aligner finds {len(found)} of {len(sounds)} words")
    starts: list[float] = []
    for words in said:
        starts.append(found[len(starts)] * _FRAME - _LEAD)
        del found[len(starts) : len(starts) + len(words.split()) - 1]
    return starts


def said_for(text: str) -> list[str]:
    """Return what is said for each word of a text, as a dictionary has it."""
    return [_SAID.get(token) or re.sub(r"[^a-z']", "", token.lower()) for token in text.split()]


def _aligned(pcm: bytes, sounds: str, beam: float) -> list[int]:
    """Return the first frame of each word that the aligner finds."""
    decoder = Decoder(lm=None, loglevel="FATAL", beam=beam, pbeam=beam, wbeam=beam**0.6)
    decoder.set_align_text(sounds)
    decoder.start_utt()
    decoder.process_raw(pcm, full_utt=True)
    decoder.end_utt()
    return [part.start_frame for part in decoder.seg() or () if not part.word.startswith("<")]


@cache
def _library() -> Library:
    library = Library(str(Path(espeakng_loader.get_library_path())), espeakng_loader.get_data_path())
    library.set_voice(_VOICE)
    return library


def _sound(text: str) -> tuple[Samples, list[tuple[int, int]]]:
    """Return what the library says for a text, at `RATE`, and where in both its words begin."""
    pcm = bytearray()
    events: list[Event] = []

    def take(data: bytes, told: list[Event]) -> bool:
        pcm.extend(data)
        events.extend(told)
        return False

    _library().speak(text, take)
    made = np.frombuffer(bytes(pcm), np.int16).astype(np.float32) / 32_768
    sound = np.asarray(soxr.resample(made, SAMPLE_RATE, RATE), np.float32)
    return sound, [
        (place, round(sample * RATE / SAMPLE_RATE))
        for kind, place, sample in events
        if kind == EventKind.WORD
    ]


def _matched(fragment: speech_pb2.FragmentBegun, within: Samples) -> tuple[int, list[tuple[int, int]]]:
    """Return where a fragment's sound begins in an utterance's, and its events.

    The library says no text twice in the same way: words are 7 ms longer or shorter. What matches best is
    taken.
    """
    matches: list[tuple[float, int, list[tuple[int, int]]]] = []
    for _ in range(_RENDERINGS):
        sound, events = _sound(fragment.spoken_text)
        size = 1 << int(np.ceil(np.log2(len(sound) + len(within))))
        match = np.fft.irfft(np.fft.rfft(within, size) * np.conj(np.fft.rfft(sound, size)), size)
        lags = np.arange(fragment.first_sample - _REACH - _quiet(sound), fragment.first_sample + _REACH)
        best = int(lags[np.argmax(match[lags % size])])
        heard = [(place, max(at, _quiet(sound))) for place, at in events]
        matches.append((float(match[best % size]), best, heard))
    _, offset, events = max(matches, key=lambda each: each[0])
    return offset, events


def _quiet(sound: Samples) -> int:
    return int(np.argmax(np.abs(sound) > 0.0025))
