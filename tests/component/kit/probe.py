"""A service that does nothing but live and die: what `lifecycle` and `telemetry` are tried on.

Run as `python -m tests.component.kit.probe`, settings from PROBE_*. Prints what happens on stdout.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Literal

from google.protobuf.wrappers_pb2 import StringValue
from pydantic_settings import SettingsConfigDict

from parlando_kit import lifecycle, telemetry, telemetry_names
from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.server import Server
from parlando_kit.settings import ServerSettings
from tests.component.kit.echo import Context, Requests, echo_service

_MUCH = StringValue(value="x" * 3_000_000)


class Settings(ServerSettings):
    """What the probe is told."""

    model_config = SettingsConfigDict(env_prefix="PROBE_", frozen=True)

    start: Literal["well", "never", "without its model"] = "well"


def _say(what: str) -> None:
    print(what, flush=True)  # noqa: T201  # what tests read


async def _chat(requests: Requests, context: Context) -> AsyncIterator[StringValue]:
    del context
    try:
        async for request in requests:
            yield request
    finally:
        _say("call ended")


async def _wait() -> None:
    _say("waiting")
    try:
        await asyncio.Event().wait()
    finally:
        _say("call ended")


async def _fail_once_asked(asked: asyncio.Event) -> None:
    await asked.wait()
    raise LookupError("a task of the service failed")


def main() -> None:
    """Run until told to stop."""
    settings = Settings()

    async def build(resources: AsyncExitStack) -> Server:
        resources.callback(_say, "resources closed")
        telemetry.set_up("probe", settings, resources)
        first_chunk = telemetry.seconds(telemetry.meter("probe"), telemetry_names.FIRST_CHUNK, "")
        asked = asyncio.Event()

        async def measure(request: StringValue, context: Context) -> StringValue:
            del context
            if request.value == "fail":
                asked.set()
            elif request.value == "wait":
                await _wait()
            elif request.value == "much":
                return _MUCH
            else:
                first_chunk.record(float(request.value), {telemetry_names.HOP: "probe"})
            return request

        tasks = await resources.enter_async_context(asyncio.TaskGroup())
        failing = tasks.create_task(_fail_once_asked(asked))
        resources.callback(failing.cancel)
        _say("building")
        if settings.start == "never":
            await asyncio.Event().wait()
        if settings.start == "without its model":
            raise ParlandoError(Reason.MODEL_NOT_FOUND, "the model is missing: fetch it")
        service = echo_service(unary=measure, chat=_chat)
        return Server(settings, [service], telemetry.server_interceptors(settings))

    lifecycle.run("probe", settings, build)


if __name__ == "__main__":
    main()
