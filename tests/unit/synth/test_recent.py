"""Figures of late."""

from __future__ import annotations

from parlando_synth.recent import Recent


def test_nothing_is_known_before_the_first_synthesis() -> None:
    recent = Recent()
    assert (recent.first_chunk, recent.real_time_factor, recent.duration) == (None, None, None)


def test_medians_means_and_factors() -> None:
    recent = Recent()
    for after in (0.1, 0.9, 0.2):
        recent.add_first_chunk(after)
    recent.add_work(engine_time=1.0, audio=4.0)
    recent.add_work(engine_time=3.0, audio=4.0)
    assert (recent.first_chunk, recent.real_time_factor, recent.duration) == (0.2, 0.5, 2.0)


def test_only_the_last_few_count() -> None:
    recent = Recent()
    for _ in range(100):
        recent.add_first_chunk(9.0)
        recent.add_work(engine_time=9.0, audio=1.0)
    for _ in range(32):
        recent.add_first_chunk(1.0)
        recent.add_work(engine_time=1.0, audio=2.0)
    assert (recent.first_chunk, recent.real_time_factor, recent.duration) == (1.0, 0.5, 1.0)


def test_silent_syntheses_have_no_factor() -> None:
    recent = Recent()
    recent.add_work(engine_time=1.0, audio=0.0)
    assert recent.real_time_factor is None
