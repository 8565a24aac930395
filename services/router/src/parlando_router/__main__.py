"""Run the router: settings, a channel to the fragmenter, serve."""

from __future__ import annotations

from contextlib import AsyncExitStack

from parlando_kit import lifecycle, retries, telemetry
from parlando_kit.channels import open_channel_to_replicas
from parlando_kit.server import Server
from parlando_router.assembly import assemble
from parlando_router.settings import RouterSettings


def main() -> None:
    """Serve until told to stop."""
    settings = RouterSettings.from_environment()

    async def build(resources: AsyncExitStack) -> Server:
        telemetry.set_up("router", settings, resources)
        to_fragmenter = open_channel_to_replicas(settings.fragmenter, retries.FRAGMENTER)
        await resources.enter_async_context(to_fragmenter)
        return await assemble(settings, to_fragmenter, resources)

    lifecycle.run("router", settings, build)


if __name__ == "__main__":
    main()
