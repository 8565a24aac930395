"""A short form of `make fuzz-realtime`."""

from __future__ import annotations

from tests.component.edge.realtime_fuzzing import fuzz


async def test_no_sequence_of_events_does_harm() -> None:
    outcome = await fuzz(events=1_500, seed=7)
    assert outcome.sent >= 1_500
    # The grammar reaches what it is to reach.
    assert {"completed", "cancelled"} <= outcome.ended.keys()
    assert outcome.vanished > 0
    assert outcome.told["input_audio_buffer.speech_stopped"] > 0
    assert len(outcome.errors) > 8
