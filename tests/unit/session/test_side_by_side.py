"""Work of many kinds in one request."""

from __future__ import annotations

import asyncio

import pytest

from parlando_session.side_by_side import side_by_side


class _Work:
    """Work on "kind+number" that ends when it is told to."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.ends: dict[str, asyncio.Event] = {}

    async def __call__(self, item: str) -> str:
        """Do it."""
        self.begun.append(item)
        self.ends[item] = asyncio.Event()
        await self.ends[item].wait()
        return item.upper()

    async def end(self, item: str) -> None:
        """End work on an item, and let run what can."""
        self.ends[item].set()
        for _ in range(5):
            await asyncio.sleep(0)


def _kind(item: str) -> str:
    return item[0]


async def test_kinds_go_side_by_side_and_each_in_its_order() -> None:
    work = _Work()
    doing = asyncio.ensure_future(side_by_side(["a1", "b1", "a2", "c1", "b2"], _kind, work, 2))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert work.begun == ["a1", "b1"]  # two kinds at once
    await work.end("b1")
    await work.end("b2")
    assert work.begun == ["a1", "b1", "b2", "c1"]  # a2 waits for a1, c1 for a kind that is done
    await work.end("c1")
    await work.end("a1")
    await work.end("a2")
    assert await doing == ["A1", "B1", "A2", "C1", "B2"]


async def test_work_that_waits_for_nothing_lets_others_run() -> None:
    seen: list[str] = []

    async def work(item: str) -> None:
        seen.append(item)

    other = asyncio.ensure_future(asyncio.sleep(0, "other"))
    other.add_done_callback(lambda _: seen.append("other"))
    await side_by_side(["a1", "a2", "a3", "a4"], _kind, work, 1)
    assert seen.index("other") < seen.index("a4")


async def test_without_items_there_is_nothing_to_do() -> None:
    assert await side_by_side([], _kind, _Work(), 2) == []


async def test_a_cancel_ends_all_of_it() -> None:
    work = _Work()
    doing = asyncio.ensure_future(side_by_side(["a1", "b1", "c1"], _kind, work, 2))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    doing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await doing
    assert work.begun == ["a1", "b1"]
    assert asyncio.all_tasks() == {asyncio.current_task()}
