"""The fragmenter as a process of its own."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psutil
import pytest

from parlando_kit.channels import open_channel
from tests.component.fragmenter.calls import CONFIG, END, begin, brief, receive, receive_all, send, text

_MEGABYTE = 2**20


@asynccontextmanager
async def _process() -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """Start the fragmenter on a free port; yield it and its address."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "parlando_fragmenter",
        env={**os.environ, "FRAGMENTER_PORT": "0"},
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stderr is not None
        line = b""
        while b"serves on" not in line:
            line = await process.stderr.readline()
            assert line, "the process ended before it served"
        yield process, line.decode().split()[-1]
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_it_serves_and_drains_on_sigterm() -> None:
    async with _process() as (process, address), open_channel(address) as channel:
        call = begin(channel)
        await send(call, [CONFIG, text("Hello there. How are you?")])
        assert brief([await receive(call)]) == ["Hello there."]
        process.send_signal(signal.SIGTERM)
        await call.write(END)
        assert brief(await receive_all(call)) == ["How are you?"]
        assert await process.wait() == 0


@pytest.mark.parametrize(
    "unit",
    [
        pytest.param(
            "\u6625\u7720\u4e0d\u89ba\u6653\uff0c\u8655\u8655\u805e\u557c\u9ce5\uff1b",
            id="a sentence that never ends",
        ),
        pytest.param("\u3000" * 50, id="white space"),
    ],
)
async def test_ten_megabytes_pass_through_flat_memory(unit: str) -> None:
    async with _process() as (process, address), open_channel(address) as channel:
        memory = psutil.Process(process.pid)
        delta = text(unit * (64 * 1024 // len(unit.encode())))
        turns = 10 * _MEGABYTE // delta.ByteSize() + 1
        call = begin(channel)
        warm: int | None = None

        async def write() -> None:
            nonlocal warm
            await call.write(CONFIG)
            for turn in range(turns):
                await call.write(delta)
                if turn == turns // 10:
                    warm = memory.memory_info().rss
            await call.done_writing()

        writing = asyncio.create_task(write())
        covered = 0
        async for response in call:
            assert response.fragment.source.start == covered
            assert len(response.fragment.spoken_text) <= 400
            covered = response.fragment.source.end
        await writing
        assert covered == turns * len(delta.text.text)
        assert warm is not None
        assert memory.memory_info().rss - warm < 5 * _MEGABYTE
