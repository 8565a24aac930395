from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.chaos.cable import Cable
from tests.ports import free_port


async def _echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while line := await reader.readline():
        writer.write(line)
    writer.close()


@asynccontextmanager
async def _cabled() -> AsyncIterator[tuple[Cable, int]]:
    port = free_port()
    server = await asyncio.start_server(_echo, "127.0.0.1", 0)
    cable = Cable(port, server.sockets[0].getsockname()[1])
    await cable.plug_in()
    try:
        yield cable, port
    finally:
        await cable.unplug()
        server.close()


async def test_what_is_held_up_by_a_cut_passes_once_it_is_mended() -> None:
    async with _cabled() as (cable, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"one\n")
        assert await reader.readline() == b"one\n"
        cable.cut()
        writer.write(b"two\n")
        answer = asyncio.create_task(reader.readline())
        late, later = await asyncio.open_connection("127.0.0.1", port)  # who connects meanwhile waits, too
        later.write(b"three\n")
        done, _ = await asyncio.wait({answer}, timeout=0.1)
        assert not done
        cable.mend()
        assert await answer == b"two\n"
        assert await late.readline() == b"three\n"
        writer.write_eof()
        assert await reader.read() == b""
        for each in (writer, later):
            each.close()


async def test_what_is_dropped_ends_and_who_comes_later_is_served() -> None:
    async with _cabled() as (cable, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"one\n")
        assert await reader.readline() == b"one\n"
        cable.drop()
        assert await reader.read() == b""
        writer.close()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"two\n")
        assert await reader.readline() == b"two\n"
        writer.close()


async def test_it_tells_when_something_is_asked_and_not_of_pings_and_polls() -> None:
    async with _cabled() as (cable, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        asked = asyncio.create_task(cable.asked())
        for idle in (b"ping\n", b"*2 $3 GET $25 parlando:{policies}:stamp" * 3 + b"\n"):
            writer.write(idle)
            assert await reader.readline() == idle
            assert not asked.done()
        writer.write(b"a question " * 10 + b"\n")
        await asked
        writer.close()
