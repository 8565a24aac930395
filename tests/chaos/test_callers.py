"""What callers over HTTP take for a word that was lost, or said twice."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest
from load.plan import Conduct, Order, Road

from parlando.audio.v1 import audio_pb2
from parlando.speech.v1 import speech_pb2
from tests.chaos.callers import hear_lines
from tests.chaos.calls import Call, FailedError
from tests.chaos.listening import Listener, Report

_TEXT = "Take it, or leave it."
_WORDS = [(0, 4), (5, 7), (9, 11), (12, 17), (18, 20)]


async def _lines(words: list[tuple[int, int]], *more: dict[str, object]) -> AsyncIterator[str]:
    for start, end in words:
        word = {"source_start": start, "source_end": end}
        yield json.dumps({"type": "words", "words": [word]})
        yield json.dumps({"type": "audio", "audio_duration_ms": 250.0})
    for event in more:
        yield json.dumps(event)


async def _heard(words: list[tuple[int, int]], *more: dict[str, object]) -> Call:
    call = Call(Order(1, 0.0, Road.HTTP, Conduct.LISTEN, _TEXT, ""), 0.0)
    await hear_lines(call, _lines(words, *more))
    return call


async def test_every_word_once_is_right() -> None:
    call = await _heard(_WORDS, {"type": "done"})
    assert (call.wrong, call.playback.seconds) == ("", 1.25)


@pytest.mark.parametrize("words", [_WORDS[:-1], [*_WORDS, _WORDS[2]], [_WORDS[0], *_WORDS[2:]]])
async def test_a_word_that_is_missing_or_said_twice_is_wrong(words: list[tuple[int, int]]) -> None:
    assert "was told" in (await _heard(words)).wrong


@pytest.mark.parametrize("words", [_WORDS[1:], [*_WORDS[:2], _WORDS[1]], [_WORDS[0], *_WORDS[2:3]]])
async def test_what_came_before_it_broke_off_is_what_the_text_begins_with(
    words: list[tuple[int, int]],
) -> None:
    error: dict[str, object] = {"type": "error", "error": {"code": "engine_failed"}}
    for told, wrong in ((_WORDS[:3], False), (words, True)):
        call = Call(Order(1, 0.0, Road.HTTP, Conduct.LISTEN, _TEXT, ""), 0.0)
        with pytest.raises(FailedError):
            await hear_lines(call, _lines(told, error))
        assert bool(call.wrong) is wrong


@pytest.mark.parametrize(
    ("said", "wrong"), [(_WORDS[:3], 0), ([], 0), (_WORDS[1:], 1), ([*_WORDS[:2], _WORDS[1]], 1)]
)
def test_over_grpc_too(said: list[tuple[int, int]], wrong: int) -> None:
    listener = Listener(Report(), 0.0, paced=True)
    for start, end in said:
        word = audio_pb2.WordTiming(source=audio_pb2.SourceSpan(start=start, end=end))
        listener.hear(speech_pb2.SpeechEvent(words=speech_pb2.SpeechWords(words=[word])))
    listener.check_so_far(_TEXT)
    assert len(listener.report.wrong) == wrong


async def test_an_error_at_the_end_is_what_the_caller_was_told() -> None:
    with pytest.raises(FailedError, match="engine_failed"):
        await _heard(_WORDS[:1], {"type": "error", "error": {"code": "engine_failed"}})
