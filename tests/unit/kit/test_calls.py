"""Waiting for the end of calls under way."""

import asyncio

from parlando_kit.calls import CallsUnderWay


async def test_a_wait_for_the_last_call_leaves_nothing_behind_however_it_ends() -> None:
    calls = CallsUnderWay()
    alone = asyncio.all_tasks()
    with calls.one():
        assert not await calls.none(within=0.0)
        assert asyncio.all_tasks() == alone
        waiting = asyncio.create_task(calls.none(within=60.0))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait({waiting})
        assert asyncio.all_tasks() == alone
    assert await calls.none(within=60.0)
    assert asyncio.all_tasks() == alone
