"""Policies, on every kind of store."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest
from google.type.money_pb2 import Money

from parlando.session.v1.session_pb2 import EngineChoice, Policy, Route
from parlando_kit.errors import ParlandoError, Reason
from parlando_session.policies import MAX_POLICIES, Change, PolicyBook
from tests.component.session.places import Place


def _policy(name: str, engine: str = "espeak") -> Policy:
    return Policy(name=name, fallback=Route(engines=[EngineChoice(engine=engine)]))


async def _next(changes: AsyncGenerator[Change, None]) -> tuple[str, str, int, bool]:
    """Return a change's policy's name, engine and revision, and whether it was deleted."""
    change = await anext(changes)
    engines = [choice.engine for choice in change.policy.fallback.engines]
    return change.policy.name, "".join(engines), change.policy.revision, change.deleted


async def test_a_policy_is_kept_and_its_revision_grows(place: Place) -> None:
    book = place.book()
    assert await book.get("") == Policy(name="default")
    assert await book.get("night") == Policy(name="night")
    first = await book.set(_policy("night"))
    assert first.revision == 1
    assert await book.get("night") == first
    first.prices["espeak"].CopyFrom(Money(currency_code="USD", units=1))
    first.revision = 77  # set by the service
    second = await place.book().set(first)
    assert second.revision == 2
    assert await book.get("night") == second


async def test_a_bad_policy_is_refused_whole_and_the_old_one_stays(place: Place) -> None:
    book = place.book()
    kept = await book.set(_policy("night"))
    bad = _policy("night", "kokoro")
    bad.languages["hi"].engines.add(engine="espeak")
    bad.languages["hi"].engines.add(engine="kokro!")
    with pytest.raises(ParlandoError) as refused:
        await book.set(bad)
    assert refused.value.reason is Reason.BAD_POLICY
    assert refused.value.field == 'policy.languages["hi"].engines[1]'
    assert await book.get("night") == kept


async def test_a_watcher_is_told_what_is_there_and_then_what_changes(place: Place) -> None:
    book = place.book()
    await book.set(_policy("night"))
    async with aclosing(book.watch("")) as changes:
        assert await _next(changes) == ("default", "", 0, False)
        assert await _next(changes) == ("night", "espeak", 1, False)
        coming = asyncio.ensure_future(_next(changes))
        await book.set(_policy("night", "kokoro"))
        assert await coming == ("night", "kokoro", 2, False)
        await book.set(_policy("default"))
        assert await _next(changes) == ("default", "espeak", 1, False)


async def test_a_watcher_of_one_policy_is_told_of_no_other(place: Place) -> None:
    book = place.book()
    async with aclosing(book.watch("night")) as changes:
        assert await _next(changes) == ("night", "", 0, False)
        await book.set(_policy("day"))
        await book.set(_policy("night"))
        assert await _next(changes) == ("night", "espeak", 1, False)


async def test_a_watcher_that_is_slow_is_told_the_latest(place: Place) -> None:
    book = place.book()
    async with aclosing(book.watch("default")) as changes:
        await _next(changes)
        for engine in ("a", "b", "c"):
            await book.set(_policy("default", engine))
        assert await _next(changes) == ("default", "c", 3, False)


async def test_a_change_made_elsewhere_is_told_at_the_next_poll(place: Place) -> None:
    here, there = place.book(), place.book()
    async with aclosing(here.watch("default")) as changes:
        await _next(changes)
        await there.set(_policy("default"))
        coming = asyncio.ensure_future(_next(changes))
        await here.poll()
        assert await coming == ("default", "espeak", 1, False)


async def test_polling_wakes_nobody_while_nothing_changes(place: Place) -> None:
    book = place.book()
    async with aclosing(book.watch("default")) as changes:
        await _next(changes)
        coming = asyncio.ensure_future(_next(changes))
        for _ in range(3):
            await book.poll()
            await asyncio.sleep(0)
        assert not coming.done()
        await book.set(_policy("default"))
        await coming


async def test_policies_set_at_the_same_time_each_have_a_revision(place: Place) -> None:
    policies = [_policy("default", engine) for engine in "abcd"]
    kept = await asyncio.gather(*(place.book().set(policy) for policy in policies))
    assert sorted(policy.revision for policy in kept) == [1, 2, 3, 4]
    last = max(kept, key=lambda policy: policy.revision)
    assert await place.book().get("") == last


async def test_policies_do_not_lapse(place: Place) -> None:
    await place.book().set(_policy("default"))
    await place.pass_time(40 * 24 * 3_600)
    assert (await place.book().get("")).revision == 1


async def test_so_many_policies_are_kept_and_no_more(place: Place) -> None:
    book = place.book()
    for number in range(MAX_POLICIES):
        await place.policy_store.swap(str(number), None, _policy(str(number)).SerializeToString())
    with pytest.raises(ParlandoError) as refused:
        await book.set(_policy("one-more"))
    assert (refused.value.reason, refused.value.field) == (Reason.BAD_POLICY, "policy.name")
    assert (await book.set(_policy("7", "kokoro"))).fallback.engines[0].engine == "kokoro"


@pytest.mark.parametrize("name", ["Night", "a b", "x" * 65, "-"])
async def test_a_name_that_no_policy_has_is_refused(place: Place, name: str) -> None:
    with pytest.raises(ParlandoError) as refused:
        await place.book().get(name)
    assert (refused.value.reason, refused.value.field) == (Reason.OUT_OF_RANGE, "name")
    with pytest.raises(ParlandoError):
        await anext(place.book().watch(name))


async def test_a_watch_ends_when_the_book_is_closed(place: Place) -> None:
    book: PolicyBook = place.book()
    async with aclosing(book.watch("")) as changes:
        await _next(changes)
        coming = asyncio.ensure_future(_next(changes))
        await asyncio.sleep(0)
        book.close()
        with pytest.raises(ParlandoError) as ended:
            await coming
        assert ended.value.reason is Reason.DRAINING
