"""From an engine's thread to the loop: nothing lost, and few wake-ups."""

from __future__ import annotations

import asyncio
import threading
import time

from parlando_kit.errors import ParlandoError, Reason
from parlando_synth.events import Audio, EngineEvent, Progress
from parlando_synth.mailbox import Mailbox

PIECES = 500


async def _emitted(mailbox: Mailbox, events: list[EngineEvent], pause: float) -> list[list[EngineEvent]]:
    """Have a thread put events, a pause after each, and return the batches they come in."""
    loop = asyncio.get_running_loop()

    def emit() -> None:
        for event in events:
            mailbox.put(event)
            time.sleep(pause)
        loop.call_soon_threadsafe(mailbox.end, None)

    thread = threading.Thread(target=emit)
    thread.start()
    batches = []
    while batch := await mailbox.take():
        batches.append(batch)
    thread.join()
    return batches


async def test_events_arrive_whole_and_in_order() -> None:
    events: list[EngineEvent] = [Audio(number.to_bytes(2, "little")) for number in range(PIECES)]
    batches = await _emitted(Mailbox(asyncio.get_running_loop()), events, 0.0)
    assert [event for batch in batches for event in batch] == events


async def test_small_pieces_of_audio_come_in_batches() -> None:
    events: list[EngineEvent] = [Audio(b"ab")] * PIECES
    batches = await _emitted(Mailbox(asyncio.get_running_loop()), events, 0.0001)
    assert len(batches) < PIECES / 4  # a busy machine makes them fewer still


async def test_what_comes_before_the_first_audio_is_not_held_back() -> None:
    mailbox = Mailbox(asyncio.get_running_loop())
    for fraction in (0.1, 0.2):
        mailbox.put(Progress(fraction))
        assert await mailbox.take() == [Progress(fraction)]
    mailbox.put(Audio(b"ab"))
    assert await mailbox.take() == [Audio(b"ab")]


async def test_events_put_before_the_end_are_taken_before_it() -> None:
    mailbox = Mailbox(asyncio.get_running_loop())
    mailbox.put(Audio(b"ab"))
    mailbox.end(ParlandoError(Reason.ENGINE_FAILED, "broken"))
    mailbox.end(None)
    assert await mailbox.take() == [Audio(b"ab")]
    assert await mailbox.take() == []
    assert mailbox.error is not None
