"""What was heard of an engine's speech, against the sound itself: a tiny network hums once for each word.

That of Chatterbox makes noise, which lasts as long as people take for a text.
"""

from __future__ import annotations

import random

import pytest

from parlando_client import AsyncClient, Audio, Cancelled, FragmentBegun
from tests.chaos.system import System
from tests.component.engines.conftest import CHATTERBOX, HUMMING
from tests.component.engines.listening import TEXT, Taken, speak, written

pytestmark = pytest.mark.asyncio(loop_scope="module")

_humming = pytest.mark.parametrize("engine", HUMMING, indirect=True)
_even = pytest.mark.parametrize("engine", [CHATTERBOX], indirect=True)

_CUTS = 50
_PER_SECOND = 15  # code points
_TWO_WORDS = 20  # code points
_SLACK = 15 * 24  # samples at 24 kHz: the silence around a hum


@_humming
async def test_what_was_heard_ends_with_the_word_that_sounded(system: System, engine: str) -> None:
    async with AsyncClient(system.router.address) as client:
        live, taken = await speak(client, TEXT, engine)
    assert taken.speakers == [engine]
    sounds = taken.sounds()
    assert len(sounds) == len(written(TEXT))
    chance = random.Random(engine)
    for position in (chance.randrange(len(taken.pcm) // 2) for _ in range(_CUTS)):
        heard = live.heard(position)
        assert heard.text + heard.rest == TEXT
        fewest, most = (_begun(sounds, position + slack) for slack in (-_SLACK, _SLACK))
        assert fewest <= len(heard.text.split()) <= most, position


@_humming
async def test_what_was_heard_of_what_was_cancelled_is_what_had_come(system: System, engine: str) -> None:
    taken, text = Taken(), f"{TEXT} " * 5
    async with (
        AsyncClient(system.router.address) as client,
        client.speak(engine=engine, sample_rate_hz=24_000) as live,
    ):
        await live.send(text)
        sent = played = 0
        async for event in live:
            taken.take(event)
            if isinstance(event, Audio) and event.first_sample > 24_000 and not played:
                live.cancel()  # what is under way now is no longer returned
                live.end()
                played = len(taken.pcm) // 2
            elif isinstance(event, Cancelled):
                sent = event.samples_sent
        heard = live.heard(played)
    assert sent >= played == len(taken.pcm) // 2
    assert heard.text + heard.rest == text
    sounds = taken.sounds()
    fewest, words = _begun(sounds, played - _SLACK), len(heard.text.split())
    assert 0 < fewest <= words <= len(sounds) < len(text.split())


@_even
async def test_what_was_heard_of_even_speech_grows_with_what_was_played(system: System, engine: str) -> None:
    async with AsyncClient(system.router.address) as client:
        live, taken = await speak(client, TEXT, engine)
    assert taken.speakers == [engine]
    length = len(taken.pcm) // 2
    for position in range(0, length, length // _CUTS):
        heard = live.heard(position)
        assert heard.text + heard.rest == TEXT
        assert abs(len(heard.text) - _said(taken.fragments, position)) < _TWO_WORDS, position
    assert live.heard(0).text == ""
    assert live.heard(length).text == TEXT


@_even
async def test_what_was_heard_of_even_speech_that_is_cancelled_reaches_into_its_sentence(
    system: System, engine: str
) -> None:
    taken, text, played = Taken(), f"{TEXT} " * 2, 0
    async with (
        AsyncClient(system.router.address) as client,
        client.speak(engine=engine, sample_rate_hz=24_000) as live,
    ):
        await live.send(text)
        async for event in live:
            taken.take(event)
            if isinstance(event, Audio) and event.first_sample > 4 * 24_000:
                played = len(taken.pcm) // 2
                live.cancel()  # what is under way now is no longer returned
                live.end()
                break
        async for event in live:
            taken.take(event)
        heard = live.heard(played)
    assert heard.text + heard.rest == text
    assert abs(len(heard.text) - _said(taken.fragments, played)) < _TWO_WORDS


def _said(fragments: list[FragmentBegun], position: int) -> float:
    """Return where in the text speech is at a position that lasts as long as people take."""
    fragment = [each for each in fragments if each.first_sample <= position][-1]
    return min(fragment.start + _PER_SECOND * (position - fragment.first_sample) / 24_000, fragment.end)


def _begun(sounds: list[tuple[int, int]], position: int) -> int:
    """Return how many sounds have come to their middle by a position."""
    return sum((start + end) / 2 <= position for start, end in sounds)
