"""What is true of the memory store alone: its bounds, and how it forgets."""

import pytest

from parlando_kit.errors import ParlandoError, Reason
from parlando_session.memory_store import MemorySessions


class _Time:
    seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


def _store(*, max_sessions: int = 10, max_bytes: int = 1_000) -> tuple[MemorySessions, _Time]:
    now = _Time()
    return MemorySessions(now, max_sessions=max_sessions, max_bytes=max_bytes), now


async def _refused(store: MemorySessions, size: int) -> None:
    with pytest.raises(ParlandoError) as refused:
        await store.create("one more", b"x" * size, 60)
    assert refused.value.reason is Reason.OVERLOADED
    assert refused.value.retry_after is not None


async def test_it_holds_so_many_sessions_until_one_lapses() -> None:
    store, now = _store()
    for number in range(10):
        await store.create(str(number), b"x", 60 + number)
    await _refused(store, 1)
    now.seconds += 60
    await store.create("one more", b"x", 60)
    await _refused(store, 1)
    await store.delete("5")
    await store.create("another", b"x", 60)


async def test_it_holds_so_many_bytes_of_everything_together() -> None:
    store, now = _store()
    await store.create("a", b"x" * 400, 60)
    await store.swap_turn("a", "t", None, b"y" * 300)
    await store.swap_account("a", None, b"z" * 200)
    await _refused(store, 101)
    await store.create("b", b"x" * 100, 30)
    for growth in (
        store.swap_session("a", b"x" * 400, b"x" * 401, 60),
        store.swap_turn("a", "t", b"y" * 300, b"y" * 301),
        store.swap_turn("b", "t", None, b"y"),
        store.swap_account("a", b"z" * 200, b"z" * 201),
    ):
        with pytest.raises(ParlandoError, match="1,000 bytes"):
            await growth
    await store.swap_turn("a", "t", b"y" * 300, b"y" * 250)
    await store.swap_account("a", b"z" * 200, b"z" * 150)
    await store.swap_session("a", b"x" * 400, b"x" * 350, 60)
    await store.create("c", b"x" * 150, 60)
    await _refused(store, 1)
    await store.delete_turn("a", "t")
    await store.create("d", b"x" * 250, 60)
    await _refused(store, 1)
    now.seconds += 30
    await store.create("e", b"x" * 100, 60)  # in the place of b, which has lapsed
    await _refused(store, 1)
    await store.delete("a")
    await store.create("f", b"x" * 500, 60)
    await _refused(store, 1)
    now.seconds += 60
    await store.create("g", b"x" * 1_000, 60)


async def test_a_session_that_is_used_stays_and_leaves_once_it_is_not() -> None:
    store, now = _store(max_sessions=2)
    await store.create("used", b"x", 10)
    await store.create("left", b"x", 10)
    for _ in range(20):
        now.seconds += 4
        await store.read("used")
    await store.create("new", b"x", 10)
    assert set(store._sessions) == {"used", "new"}
    now.seconds += 10
    await store.delete("nothing")  # any call forgets what has lapsed
    assert store._sessions == {}
    assert (store._times, store._bytes) == ([], 0)


async def test_a_call_looks_only_at_sessions_whose_time_has_come() -> None:
    store, now = _store(max_sessions=5_000, max_bytes=10**6)
    for number in range(4_000):
        await store.create(str(number), b"x", 1_000 + number)

    looked = 0

    class _Watched(dict[str, object]):
        def get(self, key: str, default: object = None) -> object:
            nonlocal looked
            looked += 1
            return super().get(key, default)

    store._sessions = _Watched(store._sessions)  # type: ignore[assignment]  # counts what is looked at
    await store.read("3999")
    assert looked == 1
    now.seconds += 1_002
    await store.read("3999")
    assert looked == 1 + 3 + 1  # three have lapsed
    assert len(store._sessions) == 3_997


async def test_sessions_that_come_and_go_leave_nothing_behind() -> None:
    store, _ = _store()
    for number in range(20_000):
        await store.create(str(number), b"x", 3_600)
        await store.swap_session(str(number), b"x", b"y", 60)
        await store.delete(str(number))
    assert store._bytes == 0
    assert len(store._times) < 3_000
