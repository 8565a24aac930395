"""Names that workers are found by."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from parlando.fragmenter.v1 import fragmenter_pb2
from parlando.speech.v1 import speech_pb2
from parlando_router.watch import resolve
from parlando_scripted.script import ScriptedSettings
from tests.component.router.mesh import (
    END,
    HastyClock,
    WorkerProcess,
    kinds,
    opened,
    pcm,
    rest,
    routing,
    said,
    say,
    send,
    text,
    until,
)


async def test_a_name_is_resolved_to_its_workers() -> None:
    worker = WorkerProcess()
    await worker.start()
    async with routing([f"dns:///localhost:{worker.port}"]) as router:
        assert worker.address in await router.replicas()
        assert pcm(await said(router.stub.Say(say("Orange lamp."))))
    await worker.stop()


async def test_an_unknown_name_has_no_workers() -> None:
    assert await resolve("dns:///no-such-name.invalid:50061") == []
    assert await resolve("127.0.0.1:50061") == ["127.0.0.1:50061"]


@dataclass
class _Names:
    """A name server whose answers a test changes."""

    answers: dict[str, list[str]] = field(default_factory=dict)
    looks: int = 0  # that have been taken

    async def look_up(self, target: str) -> list[str]:
        """Return the addresses of a name now."""
        self.looks += 1
        return self.answers.get(target, [])


async def test_engines_keep_their_order_whoever_comes_first() -> None:
    names, clock = _Names(), HastyClock(20.0)
    async with AsyncExitStack() as stack:
        workers = {name: WorkerProcess(name=name) for name in ("kokoro", "espeak")}
        for worker in workers.values():
            await worker.start()
            stack.push_async_callback(worker.stop)
        names.answers["espeak"] = [workers["espeak"].address]
        router = await stack.enter_async_context(
            routing(["kokoro", "espeak"], clock=clock, look_up=names.look_up)
        )
        events = await said(router.stub.Say(say("Orange lamp.")))
        assert events[0].started.engine == "espeak"
        names.answers["kokoro"] = [workers["kokoro"].address]

        async def first() -> str:
            return (await router.stub.ListEngines(speech_pb2.ListEnginesRequest())).engines[0].name

        await until(first, "kokoro")
        events = await said(router.stub.Say(say("Orange lamp.")))
        assert events[0].started.engine == "kokoro"


async def test_a_name_that_takes_long_to_look_up_holds_up_no_other() -> None:
    worker = WorkerProcess()
    await worker.start()

    async def look_up(target: str) -> list[str]:
        if target == "slow":
            await asyncio.Event().wait()
        return [worker.address]

    async with routing(["slow", "quick"], look_up=look_up) as router:
        assert pcm(await said(router.stub.Say(say("Orange lamp."))))
    await worker.stop()


async def test_a_worker_whose_name_is_gone_finishes_what_it_has() -> None:
    names, clock = _Names(), HastyClock(20.0)
    old, new = WorkerProcess(ScriptedSettings(rate=8.0)), WorkerProcess()
    async with AsyncExitStack() as stack:
        for worker in (old, new):
            await worker.start()
            stack.push_async_callback(worker.stop)
        names.answers["engine"] = [old.address]
        router = await stack.enter_async_context(routing(["engine"], clock=clock, look_up=names.look_up))
        call = router.stub.Speak()
        # One fragment, so long that the change of the name falls into it.
        await send(call, opened(schedule=fragmenter_pb2.Schedule(first_code_points=200, max_code_points=400)))
        await send(call, text("seven green steps down " * 5), END)
        await old.until_load(1)
        names.answers["engine"] = [new.address]

        async def known() -> set[str]:
            return set(await router.replicas())

        await until(known, {new.address})
        assert await old.load() == 1
        events = await rest(call)
        assert kinds(events)[-1] == "finished"
        assert len(events[-1].finished.words) == 20
        assert "engine_changed" not in kinds(events)
        names.answers["engine"] = []  # nobody knows the name for now: what is known stands
        before = names.looks

        async def looked_again() -> bool:
            return names.looks > before + 1  # and so has acted on the first of them

        await until(looked_again, True)
        assert await known() == {new.address}
        assert await router.health()
