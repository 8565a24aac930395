"""Run edge, router, fragmenter and a worker in one process: what each is told, who calls whom, serve."""

from __future__ import annotations

from contextlib import AsyncExitStack

import grpc

from parlando_edge import assembly as edge
from parlando_edge.settings import EdgeSettings
from parlando_fragmenter import assembly as fragmenter
from parlando_fragmenter.settings import FragmenterSettings
from parlando_kit import lifecycle, telemetry
from parlando_kit.channels import open_channel
from parlando_router import assembly as router
from parlando_router.settings import RouterSettings
from parlando_synth import assembly as synth
from parlando_synth.discovery import installed
from parlando_synth.settings import SynthSettings


def main() -> None:
    """Serve until told to stop.

    The edge's settings say what concerns the process, its drain for example. With an empty SYNTH_ENGINE there
    is no worker; the router asks the one there is as it does others, by its address in ENGINES.
    """
    of_edge = EdgeSettings.from_environment()
    of_router = RouterSettings.from_environment()
    of_fragmenter = FragmenterSettings.from_environment()
    of_worker = SynthSettings.from_environment()
    own_worker = f"{of_worker.host}:{of_worker.port}" if of_worker.engine else ""

    async def build(resources: AsyncExitStack) -> lifecycle.Chain:
        telemetry.set_up("together", of_edge, resources)
        behind = {"fragmenter": fragmenter.assemble(of_fragmenter)}
        if own_worker:
            behind["synth"] = await synth.assemble(of_worker, installed, resources)

        def to_worker(address: str) -> grpc.aio.Channel:
            return behind["synth"].channel() if address == own_worker else open_channel(address)

        speech = await router.assemble(of_router, behind["fragmenter"].channel(), resources, to_worker)
        front = await edge.assemble(of_edge, speech.channel(), resources)
        return lifecycle.Chain(("edge", front), {"router": speech, **behind})

    lifecycle.run("together", of_edge, build)


if __name__ == "__main__":
    main()
