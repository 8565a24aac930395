"""What a worker answers to a stop, and who waits for it."""

from __future__ import annotations

import pytest

from parlando.synth.v1 import synth_pb2
from tests.component.router.mesh import cancel, kinds, opened, read_until, rest, routing, send, text, until
from tests.component.router.odd_worker import SOUND, OddWorker, serving, started


async def test_a_stop_that_is_not_confirmed_ends_the_call_all_the_same() -> None:
    worker = OddWorker()
    worker.responses, worker.outcome = [started(), SOUND], synth_pb2.STOP_OUTCOME_UNCONFIRMED
    async with serving(worker) as address, routing([address]) as router:
        call = router.stub.Speak()
        await send(call, opened(), text("Orange lamp. "))
        await read_until(call, "audio")
        await send(call, cancel())
        await read_until(call, "stop_report")
        await worker.until_idle()
        call.cancel()


@pytest.mark.parametrize("leaving", ["cancel", "reset"])
async def test_a_stop_goes_to_the_worker_that_speaks_and_is_waited_for(leaving: str) -> None:
    workers = [OddWorker(), OddWorker()]
    for worker in workers:
        worker.responses, worker.outcome = [started(), SOUND], synth_pb2.STOP_OUTCOME_STOPPED
        worker.confirms.clear()
    async with (
        serving(workers[0]) as first,
        serving(workers[1]) as second,
        routing([first, second]) as router,
    ):
        await until(router.serving, {first, second})
        calls = [router.stub.Speak() for _ in range(4)]
        for call in calls:
            await send(call, opened(), text("Orange lamp. "))
            await read_until(call, "audio")
        assert all(worker.requests for worker in workers)
        for call in calls:
            if leaving == "reset":
                call.cancel()
            else:
                await send(call, cancel())
                await call.done_writing()

        async def stops() -> list[set[str]]:
            return [set(worker.stops) for worker in workers]

        await until(stops, [{each.synthesis_id for each in worker.requests} for worker in workers])
        assert await router.utterances() == 4  # nobody's leaving cuts it short
        for worker in workers:
            worker.confirms.set()
        await until(router.utterances, 0)
        assert [len(worker.stops) for worker in workers] == [len(worker.requests) for worker in workers]


async def test_an_outcome_of_a_later_version_is_unconfirmed() -> None:
    worker = OddWorker()
    worker.responses, worker.outcome = [started(), SOUND], 99
    async with serving(worker) as address, routing([address]) as router:
        call = router.stub.Speak()
        await send(call, opened(), text("Orange lamp. "))
        await read_until(call, "audio")
        await send(call, cancel())
        await call.done_writing()
        events = await rest(call)
        assert kinds(events)[-1] == "finished"
        [report] = [event.stop_report for event in events if event.HasField("stop_report")]
        assert report.outcome == synth_pb2.STOP_OUTCOME_UNCONFIRMED
