from parlando_kit.clock import Clock, MonotonicClock


async def test_the_machines_clock_moves_on_while_it_sleeps() -> None:
    clock: Clock = MonotonicClock()
    before = clock.now()
    await clock.sleep(0.01)
    assert clock.now() - before >= 0.009  # a timer may be rounded down to the loop's resolution
