"""What was heard of an engine's speech, against the sound itself: a tiny network hums once for each word."""

from __future__ import annotations

import random

import pytest

from parlando_client import AsyncClient, Audio, Cancelled
from tests.chaos.system import System
from tests.component.engines.listening import TEXT, Taken, speak, written

pytestmark = pytest.mark.asyncio(loop_scope="module")

_CUTS = 50
_SLACK = 15 * 24  # samples at 24 kHz: the silence around a hum


async def test_what_was_heard_ends_with_the_word_that_sounded(system: System, engine: str) -> None:
    async with AsyncClient(system.router.address) as client:
        live, taken = await speak(client, TEXT)
    assert taken.speakers == [engine]
    sounds = taken.sounds()
    assert len(sounds) == len(written(TEXT))
    chance = random.Random(engine)
    for position in (chance.randrange(len(taken.pcm) // 2) for _ in range(_CUTS)):
        heard = live.heard(position)
        assert heard.text + heard.rest == TEXT
        fewest, most = (_begun(sounds, position + slack) for slack in (-_SLACK, _SLACK))
        assert fewest <= len(heard.text.split()) <= most, position


async def test_what_was_heard_of_what_was_cancelled_is_what_had_come(system: System) -> None:
    taken, text = Taken(), f"{TEXT} " * 5
    async with AsyncClient(system.router.address) as client, client.speak(sample_rate_hz=24_000) as live:
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


def _begun(sounds: list[tuple[int, int]], position: int) -> int:
    """Return how many sounds have come to their middle by a position."""
    return sum((start + end) / 2 <= position for start, end in sounds)
