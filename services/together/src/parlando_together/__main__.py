"""Run edge, router and fragmenter in one process: what each is told, who calls whom, serve."""

from __future__ import annotations

from contextlib import AsyncExitStack

from parlando_edge import assembly as edge
from parlando_edge.settings import EdgeSettings
from parlando_fragmenter import assembly as fragmenter
from parlando_fragmenter.settings import FragmenterSettings
from parlando_kit import lifecycle, telemetry
from parlando_router import assembly as router
from parlando_router.settings import RouterSettings


def main() -> None:
    """Serve until told to stop. The edge's settings say what concerns the process, its drain for example."""
    of_edge = EdgeSettings.from_environment()
    of_router = RouterSettings.from_environment()
    of_fragmenter = FragmenterSettings.from_environment()

    async def build(resources: AsyncExitStack) -> lifecycle.Chain:
        telemetry.set_up("together", of_edge, resources)
        fragments = fragmenter.assemble(of_fragmenter)
        speech = await router.assemble(of_router, fragments.channel(), resources)
        front = await edge.assemble(of_edge, speech.channel(), resources)
        return lifecycle.Chain({"edge": front, "router": speech, "fragmenter": fragments})

    lifecycle.run("together", of_edge, build)


if __name__ == "__main__":
    main()
