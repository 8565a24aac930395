from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from parlando_edge.gathering import GatheringTransport


class Written(asyncio.Transport):
    """A transport that keeps what it is told to write, each time by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[bytes] = []
        self.closed = False

    def writelines(self, list_of_data: Iterable[Any]) -> None:
        assert not self.closed
        self.writes.append(b"".join(list_of_data))

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True


def gathering() -> tuple[GatheringTransport, Written]:
    written = Written()
    return GatheringTransport(written, asyncio.get_running_loop()), written


async def test_what_is_written_in_one_step_of_the_loop_leaves_together() -> None:
    transport, written = gathering()
    for message in (b"a", b"bc", b"d"):
        transport.write(message)
    assert written.writes == []
    await asyncio.sleep(0)
    transport.write(b"e")
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert written.writes == [b"abcd", b"e"]


async def test_a_frame_of_audio_leaves_at_once_behind_what_was_said_before_it() -> None:
    transport, written = gathering()
    audio = bytes(20_000)
    transport.write(b"first")
    transport.write(audio)
    assert written.writes == [b"first" + audio]
    transport.write(b"last")
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert written.writes == [b"first" + audio, b"last"]


async def test_what_waits_is_written_before_it_is_closed() -> None:
    transport, written = gathering()
    transport.write(b"farewell")
    transport.close()
    assert (written.writes, written.closed) == ([b"farewell"], True)


async def test_nothing_is_written_to_a_connection_that_was_lost_meanwhile() -> None:
    transport, written = gathering()
    transport.write(b"too late")
    written.closed = True
    await asyncio.sleep(0)
    assert written.writes == []
