"""What workers answer of themselves and their voices, in the router's own terms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from parlando.synth.v1 import synth_pb2
from parlando_router.convert import GENDERS, cost_from, seconds
from parlando_router.price import Price
from parlando_router.replica import Description, KnownVoice

if TYPE_CHECKING:
    from parlando.synth.v1.synth_service_pb2_grpc import SynthServiceAsyncStub
    from parlando_router.roster import Roster


def description_of(said: synth_pb2.DescribeEngineResponse) -> Description:
    """Return what a worker says of itself."""
    load = said.load
    return Description(
        engine=said.engine,
        default_voice=said.default_voice,
        ready=said.state == synth_pb2.ENGINE_STATE_READY,
        detail=said.detail,
        load=load.live + load.queued,
        first_chunk=seconds(load.first_chunk) if load.HasField("first_chunk") else None,
        price=Price(cost_from(said.price.per_million_characters)),
        said=said,
        longest_silence=seconds(said.limits.longest_silence),
        model=said.model,
        phonemizes=said.capabilities.phonemizes,
        streams=said.capabilities.streams,
        version=said.engine_version,
        clones=said.capabilities.voice_cloning,
        mixes=said.capabilities.voice_mixing,
        emotions=tuple(said.capabilities.emotions),
    )


def voice_of(said: synth_pb2.Voice) -> KnownVoice:
    """Return a voice as its engine lists it."""
    names = frozenset(name.casefold() for name in (said.id, *said.aliases))
    return KnownVoice(
        said.id,
        names,
        tuple(said.languages),
        said,
        gender=GENDERS.get(said.gender, ""),
        age=said.age if said.HasField("age") else None,
        cloned=said.cloned,
        revision=said.revision,
        texts=tuple(text.casefold() for text in (said.id, *said.aliases, said.name, said.description)),
    )


async def ask(roster: Roster, address: str, stub: SynthServiceAsyncStub, seconds: float) -> None:
    """Ask a worker how it is, and for its voices where they may be others than are known; note what it says.

    One question at a time is put to a worker, so that nothing it said earlier is taken for its latest word.

    Args:
        roster: knows the worker, and is told.
        address: the worker's.
        stub: the worker's.
        seconds: that each answer may take.

    Raises:
        grpc.aio.AioRpcError: it does not answer.
    """
    replica = roster.replica(address)
    if replica is None:
        return
    async with replica.asked:
        said = await stub.DescribeEngine(synth_pb2.DescribeEngineRequest(), timeout=seconds)
        listed, of = None, (said.worker_id, said.voices_revision)
        if said.state == synth_pb2.ENGINE_STATE_READY and of != replica.voices_of:
            listed = await stub.ListVoices(synth_pb2.ListVoicesRequest(), timeout=seconds)
        if roster.replica(address) is not replica:  # it was forgotten meanwhile
            return
        if listed is None:
            roster.answered(address, description_of(said))
        else:
            roster.answered(address, description_of(said), tuple(map(voice_of, listed.voices)))
            replica.voices_of = of
