"""Turns, on every kind of store."""

import asyncio
import json

import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.json_format import ParseDict

from parlando.audio.v1.audio_pb2 import TIMING_QUALITY_EXACT, SourceSpan, SpokenSpan, WordTiming
from parlando.session.v1.session_pb2 import (
    TURN_ROLE_ASSISTANT,
    TURN_ROLE_USER,
    TURN_STATUS_COMPLETED,
    TURN_STATUS_IN_PROGRESS,
    TURN_STATUS_INTERRUPTED,
    Heard,
    Session,
    Turn,
)
from parlando_kit.errors import ParlandoError, Reason
from parlando_session.export import MAX_WORDS, export
from parlando_session.ports import MAX_TURN_BYTES, MAX_TURNS
from tests.component.session.places import Place

RATE = 24_000


def said(turn_id: str = "a", text: str = "One two.") -> Turn:
    """Return a turn that says "One two." in one second: a word in each half."""
    words = [
        WordTiming(
            source=SourceSpan(start=start, end=start + 3),
            spoken=SpokenSpan(start=start, end=start + 3),
            first_sample=first,
            sample_count=RATE // 2,
            quality=TIMING_QUALITY_EXACT,
        )
        for start, first in ((0, 0), (4, RATE // 2))
    ]
    return Turn(
        id=turn_id,
        role=TURN_ROLE_ASSISTANT,
        status=TURN_STATUS_COMPLETED,
        text=text,
        words=words,
        sample_rate_hz=RATE,
        sample_count=RATE,
        engine="espeak",
        voice="gmw/en",
    )


async def _session(place: Place) -> str:
    return (await place.sessions.create(Session())).id


async def _listed(place: Place, session_id: str) -> list[str]:
    return [turn.id for turn in (await place.turns.page(session_id, 1_000, ""))[0]]


def _ms(milliseconds: int) -> Duration:
    duration = Duration()
    duration.FromMilliseconds(milliseconds)
    return duration


async def test_a_turn_is_kept_as_it_was_put(place: Place) -> None:
    session_id = await _session(place)
    kept = await place.turns.put(session_id, said())
    assert kept.create_time.seconds == place.now()
    kept_without_time = Turn()
    kept_without_time.CopyFrom(kept)
    kept_without_time.ClearField("create_time")
    assert kept_without_time == said()
    assert (await place.turns.page(session_id, 0, ""))[0] == [kept]


async def test_a_turn_put_again_keeps_its_place_and_its_time(place: Place) -> None:
    session_id = await _session(place)
    begun = Turn(id="a", role=TURN_ROLE_ASSISTANT, status=TURN_STATUS_IN_PROGRESS, text="One two.")
    first = await place.turns.put(session_id, begun)
    await place.turns.put(session_id, said("b"))
    await place.pass_time(5)
    again = await place.turns.put(session_id, said("a"))
    assert again.create_time == first.create_time
    turns, _ = await place.turns.page(session_id, 0, "")
    assert [turn.id for turn in turns] == ["a", "b"]
    assert turns[0] == again


async def test_a_turn_can_be_put_between_others(place: Place) -> None:
    session_id = await _session(place)
    for name, previous in (("b", None), ("d", None), ("c", "b"), ("a", ""), ("e", "gone"), ("f", None)):
        await place.turns.put(session_id, said(name), previous)
    assert await _listed(place, session_id) == ["a", "b", "c", "d", "e", "f"]
    await place.turns.put(session_id, said("d", "One two!"), "a")
    assert await _listed(place, session_id) == ["a", "b", "c", "d", "e", "f"]
    await place.turns.delete(session_id, "b")
    await place.turns.put(session_id, said("B"), "a")
    assert await _listed(place, session_id) == ["a", "B", "c", "d", "e", "f"]
    seen: list[str] = []
    token = ""
    while not seen or token:
        turns, token = await place.turns.page(session_id, 2, token)
        seen += [turn.id for turn in turns]
    assert seen == ["a", "B", "c", "d", "e", "f"]


async def test_turns_that_are_put_in_one_place_at_once_are_all_there(place: Place) -> None:
    session_id = await _session(place)
    await place.turns.put(session_id, said("first"))
    await place.turns.put(session_id, said("last"))
    names = {f"turn {number}" for number in range(20)}
    await asyncio.gather(*(place.turns.put(session_id, said(name), "first") for name in names))
    first, *between, last = await _listed(place, session_id)
    assert (first, set(between), len(between), last) == ("first", names, 20, "last")


async def test_the_turn_before_is_named_as_turns_are(place: Place) -> None:
    session_id = await _session(place)
    with pytest.raises(ParlandoError, match="previous_turn_id has 65 characters") as caught:
        await place.turns.put(session_id, said(), "x" * 65)
    assert caught.value.field == "previous_turn_id"


async def test_turns_are_listed_page_by_page(place: Place) -> None:
    session_id = await _session(place)
    names = [f"turn {number}" for number in range(7)]
    for name in names:
        await place.turns.put(session_id, said(name))
    seen: list[str] = []
    token = ""
    for expected in (3, 3, 1):
        turns, token = await place.turns.page(session_id, 3, token)
        assert len(turns) == expected
        seen += [turn.id for turn in turns]
    assert (seen, token) == (names, "")


async def test_a_page_that_is_full_and_the_last_has_no_next(place: Place) -> None:
    session_id = await _session(place)
    for name in "abc":
        await place.turns.put(session_id, said(name))
    assert (await place.turns.page(session_id, 3, ""))[1] == ""
    assert await place.turns.page(await _session(place), 0, "") == ([], "")


async def test_pages_bear_with_turns_that_come_and_go(place: Place) -> None:
    session_id = await _session(place)
    for name in "abcd":
        await place.turns.put(session_id, said(name))
    first, token = await place.turns.page(session_id, 2, "")
    assert [turn.id for turn in first] == ["a", "b"]
    await place.turns.delete(session_id, "b")
    await place.turns.delete(session_id, "c")
    await place.turns.put(session_id, said("e"))
    second, token = await place.turns.page(session_id, 9, token)
    assert [turn.id for turn in second] == ["d", "e"]


@pytest.mark.parametrize("size", [-1, 1_001])
async def test_a_page_size_out_of_range_is_refused(place: Place, size: int) -> None:
    with pytest.raises(ParlandoError) as refused:
        await place.turns.page(await _session(place), size, "")
    assert (refused.value.reason, refused.value.field) == (Reason.OUT_OF_RANGE, "page_size")


@pytest.mark.parametrize("token", ["x", "-1", "1e9", "9" * 16, "²"])
async def test_a_page_token_that_was_never_given_is_refused(place: Place, token: str) -> None:
    with pytest.raises(ParlandoError) as refused:
        await place.turns.page(await _session(place), 0, token)
    assert (refused.value.reason, refused.value.field) == (Reason.OUT_OF_RANGE, "page_token")


async def test_deleting_a_turn_again_is_no_error(place: Place) -> None:
    session_id = await _session(place)
    await place.turns.put(session_id, said("a"))
    await place.turns.put(session_id, said("b"))
    for _ in range(2):
        await place.turns.delete(session_id, "a")
    await place.turns.delete("never minted", "a")
    await place.sessions.delete(session_id)
    await place.turns.delete(session_id, "b")


async def test_one_session_never_sees_anothers_turns(place: Place) -> None:
    mine, other = await _session(place), await _session(place)
    await place.turns.put(mine, said("a"))
    await place.turns.delete(other, "a")
    assert await _listed(place, other) == []
    assert await _listed(place, mine) == ["a"]
    with pytest.raises(ParlandoError) as refused:
        await place.turns.truncate(other, "a", _ms(0))
    assert refused.value.reason is Reason.TURN_NOT_FOUND


@pytest.mark.parametrize(
    ("milliseconds", "heard", "unheard"),
    [(0, "", "One two."), (249, "", "One two."), (250, "One ", "two."), (1_000, "One two.", "")],
)
async def test_a_truncation_says_what_was_heard_and_keeps_it(
    place: Place, milliseconds: int, heard: str, unheard: str
) -> None:
    session_id = await _session(place)
    await place.turns.put(session_id, said())
    answer = await place.turns.truncate(session_id, "a", _ms(milliseconds))
    assert answer == Heard(
        source_offset=len(heard),
        heard_text=heard,
        unheard_text=unheard,
        samples_played=milliseconds * RATE // 1_000,
        quality=TIMING_QUALITY_EXACT,
    )
    (turn,), _ = await place.turns.page(session_id, 0, "")
    assert (turn.heard, turn.status) == (answer, TURN_STATUS_COMPLETED)


async def test_a_truncation_can_be_repeated_and_moved(place: Place) -> None:
    session_id = await _session(place)
    await place.turns.put(session_id, said())
    first = await place.turns.truncate(session_id, "a", _ms(300))
    assert await place.turns.truncate(session_id, "a", _ms(300)) == first
    assert (await place.turns.truncate(session_id, "a", _ms(1_000))).unheard_text == ""
    assert await place.turns.truncate(session_id, "a", _ms(300)) == first


async def test_a_truncation_while_the_turn_is_put_again_is_not_of_the_old_words(place: Place) -> None:
    session_id = await _session(place)
    interrupted = said()
    interrupted.status = TURN_STATUS_INTERRUPTED
    del interrupted.words[1:]
    await place.turns.put(session_id, interrupted)
    answer, _ = await asyncio.gather(
        place.turns.truncate(session_id, "a", _ms(1_000)), place.turns.put(session_id, said())
    )
    (turn,), _ = await place.turns.page(session_id, 0, "")
    assert len(turn.words) == 2
    if turn.HasField("heard"):  # the put came first
        assert turn.heard == answer
        assert answer.heard_text == "One two."


@pytest.mark.parametrize(
    ("turn_id", "milliseconds", "reason", "field"),
    [
        ("a", 1_001, Reason.POSITION_BEYOND_END, "audio_end"),
        ("a", -1, Reason.OUT_OF_RANGE, "audio_end"),
        ("b", 0, Reason.TURN_NOT_FOUND, "turn_id"),
        ("user", 0, Reason.TURN_NOT_FOUND, "turn_id"),
        ("", 0, Reason.FIELD_REQUIRED, "turn_id"),
        ("a" * 65, 0, Reason.OUT_OF_RANGE, "turn_id"),
    ],
)
async def test_a_truncation_that_cannot_be_is_refused(
    place: Place, turn_id: str, milliseconds: int, reason: Reason, field: str
) -> None:
    session_id = await _session(place)
    await place.turns.put(session_id, said())
    question = Turn(id="user", role=TURN_ROLE_USER, status=TURN_STATUS_COMPLETED, text="What?")
    await place.turns.put(session_id, question)
    with pytest.raises(ParlandoError) as refused:
        await place.turns.truncate(session_id, turn_id, _ms(milliseconds))
    assert (refused.value.reason, refused.value.field) == (reason, field)


async def test_a_session_holds_so_many_turns_and_no_more(place: Place) -> None:
    session_id = await _session(place)
    turns = [
        Turn(id=str(number), role=TURN_ROLE_USER, status=TURN_STATUS_COMPLETED) for number in range(MAX_TURNS)
    ]
    for turn in turns:  # one at a time: a call that waits for a hundred others may be late on a busy machine
        await place.turns.put(session_id, turn)
    with pytest.raises(ParlandoError) as refused:
        await place.turns.put(session_id, said("one more"))
    assert (refused.value.reason, refused.value.field) == (Reason.OUT_OF_RANGE, "turn")
    await place.turns.put(session_id, said("7"))  # what is there can be replaced
    await place.turns.delete(session_id, "8")
    await place.turns.put(session_id, said("one more"))
    assert len(await _listed(place, session_id)) == MAX_TURNS


async def test_a_session_holds_so_many_bytes_and_no_more(place: Place) -> None:
    session_id = await _session(place)
    large = Turn(role=TURN_ROLE_USER, status=TURN_STATUS_COMPLETED, text="é" * 200_000)  # 400,000 bytes
    for name in "abcde":
        large.id = name
        await place.turns.put(session_id, large)
    large.id = "f"
    for _ in range(2):
        with pytest.raises(ParlandoError, match=f"{MAX_TURN_BYTES:,} bytes in all"):
            await place.turns.put(session_id, large)
    await place.turns.put(session_id, said("a"))  # smaller than before
    await place.turns.put(session_id, large)
    assert await _listed(place, session_id) == ["a", "b", "c", "d", "e", "f"]


async def test_a_conversation_is_exported_whole(place: Place) -> None:
    session = await place.sessions.create(Session(metadata={"caller": "kiosk 7"}))
    await place.turns.put(session.id, said("a"))
    await place.turns.truncate(session.id, "a", _ms(300))
    await place.turns.put(session.id, said("b", "One two \U0001f600."))
    document = json.loads(await export(place.sessions, place.turns, session.id, place.now))
    assert document["schema"] == "parlando.conversation.v1"
    assert ParseDict(document["session"], Session()) == session
    turns, _ = await place.turns.page(session.id, 0, "")
    assert [ParseDict(turn, Turn()) for turn in document["turns"]] == turns
    assert document["turns"][0]["heard"]["heardText"] == "One "


async def test_a_conversation_of_too_many_words_is_listed_instead(place: Place) -> None:
    session_id = await _session(place)
    turn = said()
    silent = WordTiming(source=SourceSpan(), first_sample=RATE, quality=TIMING_QUALITY_EXACT)
    turn.words.extend([silent] * (MAX_WORDS // 2))
    for turn.id in ("a", "b"):
        await place.turns.put(session_id, turn)
    with pytest.raises(ParlandoError) as refused:
        await export(place.sessions, place.turns, session_id, place.now)
    assert (refused.value.reason, refused.value.field) == (Reason.OUT_OF_RANGE, "session_id")
    assert await _listed(place, session_id) == ["a", "b"]
