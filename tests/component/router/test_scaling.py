"""Workers come and go under load, by name and by address: nothing of what is said is lost."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

from parlando_scripted.script import ScriptedSettings
from tests.component.router.mesh import HastyClock, Router, WorkerProcess, routing, said, say, until

_TEXT = "orange lamp stands here, and seven green steps go down. there stone knows!"
_CALLERS = 8
_SCRIPT = ScriptedSettings(rate=40.0, instances=4)


async def _speak(router: Router) -> None:
    events = await said(router.stub.Say(say(_TEXT)))
    words = [(word.source.start, word.source.end) for word in events[-1].finished.words]
    assert [_TEXT[start:end].strip(".,!") for start, end in words] == [
        word.strip(".,!") for word in _TEXT.split()
    ]


async def test_growing_and_shrinking_under_load_loses_nothing() -> None:
    listed: list[str] = []
    over = False

    async def look_up(_: str) -> list[str]:
        return list(listed)

    async def keep_speaking(router: Router) -> int:
        spoken = 0
        while not over:
            await _speak(router)
            spoken += 1
        return spoken

    async with AsyncExitStack() as stack:
        workers = [WorkerProcess(_SCRIPT) for _ in range(4)]
        for worker in workers:
            await worker.start()
            stack.push_async_callback(worker.stop)
        listed.append(workers[0].address)
        router = await stack.enter_async_context(routing(["engine"], clock=HastyClock(20.0), look_up=look_up))
        callers = [asyncio.create_task(keep_speaking(router)) for _ in range(_CALLERS)]
        for there in ([0, 1], [0, 1, 2, 3], [2, 3], [3], [3, 0], [0], [0, 1, 2], [1, 2]):
            listed[:] = [workers[place].address for place in there]
            await until(router.serving, set(listed))
            for place in there:  # each of them is given work
                await _until_busy(workers[place])
        over = True
        assert min(await asyncio.gather(*callers)) > 0
        for worker in workers:
            await worker.until_load(0)


async def _until_busy(worker: WorkerProcess) -> None:
    """Return once a worker has work."""
    async with asyncio.timeout(30):
        while not await worker.load():  # noqa: ASYNC110  # what is read lies beyond a wire
            await asyncio.sleep(0.001)
