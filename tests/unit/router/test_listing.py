"""What a worker says of its voices, where it is asked by several at once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

from parlando.synth.v1 import synth_pb2
from parlando_router.listing import ask
from parlando_router.roster import Roster
from parlando_scripted.clock import ManualClock
from tests.unit.router.cast import idle_worker

if TYPE_CHECKING:
    from parlando.synth.v1.synth_service_pb2_grpc import SynthServiceAsyncStub

ADDRESS = "s:1"


class Told:
    """A worker whose answers are under way until they are let through."""

    def __init__(self) -> None:
        self.voices, self.listed, self.ready = ["alto"], 0, True
        self.under_way = asyncio.Event()
        self.through = asyncio.Event()

    async def DescribeEngine(  # noqa: N802  # its name in the contract
        self,
        _request: synth_pb2.DescribeEngineRequest,
        timeout: float,  # noqa: ASYNC109  # of gRPC
    ) -> synth_pb2.DescribeEngineResponse:
        """Answer with what tells that it has other voices."""
        assert timeout
        state = synth_pb2.ENGINE_STATE_READY if self.ready else synth_pb2.ENGINE_STATE_LOADING
        revision = "-".join(self.voices) if self.ready else ""
        return synth_pb2.DescribeEngineResponse(
            engine="scripted", state=state, worker_id="w", voices_revision=revision
        )

    async def ListVoices(  # noqa: N802  # likewise
        self,
        _request: synth_pb2.ListVoicesRequest,
        timeout: float,  # noqa: ASYNC109  # likewise
    ) -> synth_pb2.ListVoicesResponse:
        """Answer with the voices there are now, a while later."""
        assert timeout
        self.listed += 1
        answer = synth_pb2.ListVoicesResponse(voices=[synth_pb2.Voice(id=voice) for voice in self.voices])
        self.under_way.set()
        await self.through.wait()
        return answer


async def asked(roster: Roster, worker: Told) -> None:
    await ask(roster, ADDRESS, cast("SynthServiceAsyncStub", worker), 1.0)


def known(roster: Roster) -> list[str]:
    return [voice.id for voice in roster.voices()]


async def test_an_earlier_answer_never_takes_the_place_of_a_later_one() -> None:
    worker, roster = Told(), Roster(ManualClock())
    roster.add(ADDRESS, idle_worker())
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(asked(roster, worker))
        await worker.under_way.wait()
        worker.voices.append("anna")  # uploaded, and whoever did so asks
        worker.listed = 0
        later = tasks.create_task(asked(roster, worker))
        for _ in range(20):  # it would be told by now
            await asyncio.sleep(0)
        assert worker.listed == 0
        worker.through.set()
        await later
        assert known(roster) == ["alto", "anna"]
    assert known(roster) == ["alto", "anna"]


async def test_voices_are_listed_where_they_may_be_others() -> None:
    worker, roster = Told(), Roster(ManualClock())
    worker.through.set()
    roster.add(ADDRESS, idle_worker())
    for _ in range(2):
        await asked(roster, worker)
    assert worker.listed == 1
    worker.ready = False
    await asked(roster, worker)
    worker.ready = True
    await asked(roster, worker)
    assert (worker.listed, known(roster)) == (1, ["alto"])
    worker.voices.append("anna")
    await asked(roster, worker)
    assert (worker.listed, known(roster)) == (2, ["alto", "anna"])


async def test_a_worker_that_was_forgotten_meanwhile_is_not_known_again() -> None:
    worker, roster = Told(), Roster(ManualClock())
    roster.add(ADDRESS, idle_worker())
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(asked(roster, worker))
        await worker.under_way.wait()
        roster.remove(ADDRESS)
        another = roster.add(ADDRESS, idle_worker())
        worker.through.set()
    assert another.description is None
    roster.remove(ADDRESS)
    await asked(roster, worker)
    assert known(roster) == []
