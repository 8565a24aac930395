"""Run the edge: settings, a channel to the router, serve."""

from __future__ import annotations

from contextlib import AsyncExitStack

from parlando_edge.assembly import assemble
from parlando_edge.http_server import HttpServer
from parlando_edge.settings import EdgeSettings
from parlando_kit import lifecycle, retries, telemetry
from parlando_kit.channels import open_channel_to_replicas


def main() -> None:
    """Serve until told to stop."""
    settings = EdgeSettings.from_environment()

    async def build(resources: AsyncExitStack) -> HttpServer:
        telemetry.set_up("edge", settings, resources)
        to_router = open_channel_to_replicas(settings.router, retries.ROUTER)
        await resources.enter_async_context(to_router)
        return await assemble(settings, to_router, resources)

    lifecycle.run("edge", settings, build)


if __name__ == "__main__":
    main()
