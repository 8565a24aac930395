"""Which voices a filter takes."""

from __future__ import annotations

import pytest

from parlando.speech.v1 import speech_pb2
from parlando.synth.v1 import synth_pb2
from parlando_kit.errors import ParlandoError, Reason
from parlando_router.convert import filter_from
from parlando_router.listing import voice_of

_VOICES = [
    synth_pb2.Voice(
        id="anna-1a2b",
        name="Anna",
        languages=["de-AT"],
        gender=synth_pb2.VOICE_GENDER_FEMALE,
        cloned=True,
        description="For announcements.",
    ),
    synth_pb2.Voice(id="am_adam", name="Adam", languages=["en-US", "en"], gender=synth_pb2.VOICE_GENDER_MALE),
    synth_pb2.Voice(id="gmw/en-GB", name="English", languages=["en-GB"], aliases=["british"]),
]


@pytest.mark.parametrize(
    ("request_", "names"),
    [
        (speech_pb2.ListVoicesRequest(), ["Anna", "Adam", "English"]),
        (speech_pb2.ListVoicesRequest(language="EN"), ["Adam", "English"]),
        (speech_pb2.ListVoicesRequest(gender=synth_pb2.VOICE_GENDER_FEMALE), ["Anna"]),
        (speech_pb2.ListVoicesRequest(gender=synth_pb2.VOICE_GENDER_NEUTRAL), []),
        (speech_pb2.ListVoicesRequest(cloned=True), ["Anna"]),
        (speech_pb2.ListVoicesRequest(cloned=False), ["Adam", "English"]),
        (speech_pb2.ListVoicesRequest(text="ADAM"), ["Adam"]),
        (speech_pb2.ListVoicesRequest(text="brit"), ["English"]),
        (speech_pb2.ListVoicesRequest(text="announce"), ["Anna"]),
        (speech_pb2.ListVoicesRequest(text="am_"), ["Adam"]),
        (speech_pb2.ListVoicesRequest(text="nobody"), []),
        (speech_pb2.ListVoicesRequest(language="en", gender=synth_pb2.VOICE_GENDER_MALE, text="a"), ["Adam"]),
        (speech_pb2.ListVoicesRequest(language="en" + "x" * 10_000_000), []),
    ],
)
def test_a_filter_takes_what_has_all_of_it(request_: speech_pb2.ListVoicesRequest, names: list[str]) -> None:
    wanted = filter_from(request_)
    assert [said.name for said in _VOICES if wanted.takes(voice_of(said))] == names


def test_a_gender_that_is_none_is_refused() -> None:
    with pytest.raises(ParlandoError) as refused:
        filter_from(speech_pb2.ListVoicesRequest(gender=99))  # type: ignore[arg-type]  # enums are open
    assert (refused.value.reason, refused.value.field) == (Reason.OUT_OF_RANGE, "gender")
