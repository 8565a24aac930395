"""Many pieces of work in one request: what is of one kind in its order, different kinds side by side."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


async def side_by_side(
    items: Iterable[T], kind_of: Callable[[T], str], work: Callable[[T], Awaitable[R]], at_once: int
) -> list[R]:
    """Return what `work` returns for each item, in the items' order.

    Items of one kind are worked on one after another, as they come; an error of one ends all.

    Args:
        items: what is worked on.
        kind_of: names an item's kind.
        work: does the work.
        at_once: kinds that are worked on at the same time.
    """
    kinds: dict[str, list[tuple[int, T]]] = {}
    for number, item in enumerate(items):
        kinds.setdefault(kind_of(item), []).append((number, item))
    done: dict[int, R] = {}
    waiting = iter(kinds.values())

    async def one_kind_after_another() -> None:
        for kind in waiting:  # which all share: who is done takes the next
            for number, item in kind:
                done[number] = await work(item)
                await asyncio.sleep(0)  # work that waits for nothing would hold up all other calls

    async with asyncio.TaskGroup() as group:
        for _ in range(min(len(kinds), at_once)):
            group.create_task(one_kind_after_another())
    return [done[number] for number in range(len(done))]
