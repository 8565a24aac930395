import asyncio

import pytest

from parlando_kit.tasks import finish


async def test_work_that_is_let_alone_returns_its_result() -> None:
    async def work() -> int:
        await asyncio.sleep(0)
        return 7

    assert await finish(work()) == 7


async def test_work_is_done_before_the_cancel_of_its_caller_is_raised() -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()
    done: list[str] = []

    async def work() -> None:
        begun.set()
        await go_on.wait()
        done.append("work")

    caller = asyncio.create_task(finish(work()))
    await begun.wait()
    for _ in range(3):  # however often
        caller.cancel()
        await asyncio.sleep(0)
    assert not caller.done()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert done == ["work"]


async def test_an_error_of_the_work_is_raised() -> None:
    async def work() -> None:
        raise LookupError("it failed")

    with pytest.raises(LookupError, match="it failed"):
        await finish(work())


async def test_work_that_is_itself_cancelled_ends_the_wait() -> None:
    async def work() -> None:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await finish(work())
