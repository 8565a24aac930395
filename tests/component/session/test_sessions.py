"""Sessions, on every kind of store."""

import asyncio

import pytest
from google.protobuf.duration_pb2 import Duration
from google.type.money_pb2 import Money

from parlando.session.v1.session_pb2 import (
    TURN_ROLE_USER,
    TURN_STATUS_COMPLETED,
    Budget,
    Session,
    Turn,
)
from parlando.speech.v1.speech_pb2 import SpeechSettings
from parlando_kit.errors import ParlandoError, Reason
from parlando_session.ids import mint
from tests.component.session.places import Place

HOUR = 3_600


def _asked() -> Session:
    session = Session(policy="night", metadata={"caller": "kiosk 7"}, protocol_settings="{}")
    session.settings.voice = "af_bella"
    session.settings.prosody.speed = 1.25
    session.budget.characters = 500
    return session


async def _missing(place: Place, session_id: str) -> None:
    with pytest.raises(ParlandoError) as refused:
        await place.sessions.get(session_id)
    assert refused.value.reason is Reason.SESSION_NOT_FOUND


def _turn() -> Turn:
    return Turn(id="t", role=TURN_ROLE_USER, status=TURN_STATUS_COMPLETED, text="hello")


async def test_a_session_is_kept_as_it_was_asked(place: Place) -> None:
    made = await place.sessions.create(_asked())
    assert await place.sessions.get(made.id) == made
    assert 1 <= len(made.id) <= 64
    assert (made.settings, made.budget) == (_asked().settings, _asked().budget)
    assert (made.policy, dict(made.metadata)) == ("night", {"caller": "kiosk 7"})
    assert made.protocol_settings == "{}"
    assert made.ttl.seconds == HOUR
    assert made.create_time.seconds == made.update_time.seconds == place.now()
    assert made.expire_time.seconds == place.now() + HOUR
    assert made.etag
    assert made.spent.characters == 0
    assert not made.spent.HasField("cost")


async def test_what_the_service_sets_is_not_taken(place: Place) -> None:
    asked = Session(id="mine", etag="mine")
    asked.create_time.seconds = 7
    asked.spent.characters = 7
    made = await place.sessions.create(asked)
    assert "mine" not in (made.id, made.etag)
    assert made.create_time.seconds == place.now()
    assert made.spent.characters == 0


async def test_a_session_lapses_once_it_is_not_used_for_its_ttl(place: Place) -> None:
    asked = Session()
    asked.ttl.seconds = 10
    session_id = (await place.sessions.create(asked)).id
    await place.turns.put(session_id, _turn())
    for _ in range(3):  # every use gives it another ten seconds
        await place.pass_time(8)
        used = await place.sessions.get(session_id)
        assert used.expire_time.seconds == place.now() + 10
    await place.pass_time(8)
    assert len((await place.turns.page(session_id, 0, ""))[0]) == 1
    await place.pass_time(8)
    await place.sessions.get(session_id)
    await place.pass_time(10)
    await _missing(place, session_id)
    if place.redis is not None:
        assert await place.redis.dbsize() == 0  # its turns have gone with it


async def test_a_ttl_can_be_shortened(place: Place) -> None:
    made = await place.sessions.create(Session())
    made.ttl.seconds = 5
    changed = await place.sessions.update(made, ["ttl"])
    assert changed.expire_time.seconds == place.now() + 5
    await place.pass_time(5)
    await _missing(place, made.id)


async def test_an_update_changes_what_its_mask_names_and_nothing_else(place: Place) -> None:
    made = await place.sessions.create(_asked())
    await place.pass_time(2)
    change = Session(id=made.id, policy="day", settings=SpeechSettings(voice="am_adam", language="de"))
    changed = await place.sessions.update(change, ["settings.voice", "settings.prosody.speed"])
    assert changed == await place.sessions.get(made.id)
    assert changed.settings.voice == "am_adam"
    assert not changed.settings.prosody.HasField("speed")  # named and not set: cleared
    assert (changed.settings.language, changed.policy) == ("", "night")
    assert changed.update_time.seconds == made.create_time.seconds + 2
    assert changed.create_time == made.create_time
    assert changed.etag != made.etag


async def test_an_etag_makes_an_update_conditional(place: Place) -> None:
    made = await place.sessions.create(Session())
    first = Session(id=made.id, etag=made.etag, policy="a")
    changed = await place.sessions.update(first, ["policy"])
    with pytest.raises(ParlandoError) as refused:
        await place.sessions.update(Session(id=made.id, etag=made.etag, policy="b"), ["policy"])
    assert (refused.value.reason, refused.value.field) == (Reason.CONFLICT, "session.etag")
    second = Session(id=made.id, etag=changed.etag, policy="c")
    assert (await place.sessions.update(second, ["policy"])).policy == "c"


async def test_spending_does_not_change_the_etag(place: Place) -> None:
    made = await place.sessions.create(_asked())
    await place.budgets.lease(made.id, made.budget.cost, 10)
    assert (await place.sessions.get(made.id)).etag == made.etag


async def test_updates_at_the_same_time_all_count(place: Place) -> None:
    made = await place.sessions.create(Session())
    voice = Session(id=made.id, settings=SpeechSettings(voice="am_adam"))
    policy = Session(id=made.id, policy="day")
    budget = Session(id=made.id, budget=Budget(characters=9))
    await asyncio.gather(
        place.sessions.update(voice, ["tts.voice"]),
        place.sessions.update(policy, ["policy"]),
        place.sessions.update(budget, ["budget"]),
    )
    now = await place.sessions.get(made.id)
    assert (now.settings.voice, now.policy, now.budget.characters) == ("am_adam", "day", 9)


async def test_one_of_two_updates_with_the_same_etag_wins(place: Place) -> None:
    made = await place.sessions.create(Session())
    changes = [Session(id=made.id, etag=made.etag, policy=name) for name in ("a", "b")]
    ended = await asyncio.gather(
        *(place.sessions.update(change, ["policy"]) for change in changes), return_exceptions=True
    )
    lost = [each for each in ended if isinstance(each, ParlandoError)]
    assert [each.reason for each in lost] == [Reason.CONFLICT]


async def test_a_bad_update_changes_nothing(place: Place) -> None:
    made = await place.sessions.create(_asked())
    bad = Session(id=made.id, policy="day")
    bad.settings.prosody.speed = 99
    with pytest.raises(ParlandoError) as refused:
        await place.sessions.update(bad, ["policy", "settings.prosody.speed"])
    assert (refused.value.reason, refused.value.field) == (
        Reason.OUT_OF_RANGE,
        "session.settings.prosody.speed",
    )
    assert await place.sessions.get(made.id) == made


async def test_a_deleted_session_is_gone_with_its_turns_and_deleting_again_is_no_error(place: Place) -> None:
    made = await place.sessions.create(Session())
    other = await place.sessions.create(Session())
    await place.turns.put(made.id, _turn())
    for session_id in (made.id, made.id, mint(), "never minted"):
        await place.sessions.delete(session_id)
    await _missing(place, made.id)
    with pytest.raises(ParlandoError, match="no session has that id"):
        await place.turns.page(made.id, 0, "")
    assert await place.sessions.get(other.id) == other
    if place.redis is not None:
        assert await place.redis.dbsize() == 1


async def test_an_unknown_session_is_refused_by_every_method(place: Place) -> None:
    for session_id in (mint(), "mine", "x" * 100_000, "}{"):
        calls = [
            place.sessions.get(session_id),
            place.sessions.update(Session(id=session_id, policy="a"), ["policy"]),
            place.turns.put(session_id, _turn()),
            place.turns.page(session_id, 0, ""),
            place.turns.truncate(session_id, "t", Duration()),
            place.budgets.lease(session_id, Money(), 5),
        ]
        for call in calls:
            with pytest.raises(ParlandoError) as refused:
                await call
            assert refused.value.reason is Reason.SESSION_NOT_FOUND


async def test_a_change_of_currency_is_refused_once_something_was_spent(place: Place) -> None:
    made = await place.sessions.create(Session())
    await place.budgets.lease(made.id, Money(currency_code="EUR", units=1), 0)
    dollars = Session(id=made.id, budget=Budget(cost=Money(currency_code="USD", units=5)))
    with pytest.raises(ParlandoError, match="spends EUR already"):
        await place.sessions.update(dollars, ["budget"])
