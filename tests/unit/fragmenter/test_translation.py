from typing import Any

import pytest
from google.protobuf.duration_pb2 import Duration

from parlando.fragmenter.v1 import fragmenter_pb2 as pb
from parlando.synth.v1 import synth_pb2
from parlando_fragmenter import translation
from parlando_fragmenter.fragmenter import Fragmenter
from parlando_fragmenter.schedule import Bounds
from parlando_kit.errors import ParlandoError, Reason
from tests.unit.fragmenter.feeding import fragments_of


def _scheduled(**bounds: Any) -> pb.FragmentConfig:
    return pb.FragmentConfig(schedule=pb.Schedule(**bounds))


def test_what_is_unset_has_the_contracts_defaults() -> None:
    options = translation.options(pb.FragmentConfig())
    assert options == translation.Options(0, "", Bounds(first=24, growth=2.0, most=400), None, frozenset())


def test_what_is_set_is_taken() -> None:
    schedule = pb.Schedule(first_code_points=1, growth=1, max_code_points=20)
    config = pb.FragmentConfig(
        source_offset=7,
        language="de-AT",
        markup=pb.MARKUP_PLAIN,
        schedule=schedule,
        flush_after=Duration(nanos=250_000_000),
        disabled_rules=["money", "emoji"],
        whole=True,
    )
    expected = translation.Options(
        7, "de-AT", Bounds(1, 1.0, 20), 0.25, frozenset({"money", "emoji"}), whole=True
    )
    assert translation.options(config) == expected


@pytest.mark.parametrize(
    ("config", "field"),
    [
        (_scheduled(first_code_points=0), "config.schedule.first_code_points"),
        (
            _scheduled(first_code_points=1001),
            "config.schedule.first_code_points",
        ),
        (_scheduled(growth=0.9), "config.schedule.growth"),
        (_scheduled(growth=8.1), "config.schedule.growth"),
        (_scheduled(growth=float("nan")), "config.schedule.growth"),
        (_scheduled(max_code_points=19), "config.schedule.max_code_points"),
        (_scheduled(max_code_points=4001), "config.schedule.max_code_points"),
        (pb.FragmentConfig(source_offset=-1), "config.source_offset"),
        (pb.FragmentConfig(source_offset=2**62 + 1), "config.source_offset"),
        (pb.FragmentConfig(language="x" * 100), "config.language"),
        (pb.FragmentConfig(language="en_US"), "config.language"),
        (pb.FragmentConfig(flush_after=Duration()), "config.flush_after"),
        (pb.FragmentConfig(flush_after=Duration(seconds=-1)), "config.flush_after"),
        (pb.FragmentConfig(disabled_rules=["money", "monney"]), "config.disabled_rules"),
    ],
)
def test_what_is_out_of_range_is_named(config: pb.FragmentConfig, field: str) -> None:
    with pytest.raises(ParlandoError) as raised:
        translation.options(config)
    assert (raised.value.reason, raised.value.field) == (Reason.OUT_OF_RANGE, field)


def test_a_markup_nobody_has_heard_of_is_out_of_range() -> None:
    config = pb.FragmentConfig.FromString(b"\x18\x63")  # markup = 99, as a newer caller might send
    with pytest.raises(ParlandoError) as raised:
        translation.options(config)
    assert (raised.value.reason, raised.value.field) == (Reason.OUT_OF_RANGE, "config.markup")


def test_markdown_has_a_reader_and_plain_text_needs_none() -> None:
    assert translation.options(pb.FragmentConfig(markup=pb.MARKUP_MARKDOWN)).reader is not None
    assert translation.options(pb.FragmentConfig(markup=pb.MARKUP_PLAIN)).reader is None
    assert translation.options(pb.FragmentConfig()).reader is None


def test_ssml_is_not_supported_yet() -> None:
    with pytest.raises(ParlandoError) as raised:
        translation.options(pb.FragmentConfig(markup=pb.MARKUP_SSML))
    assert (raised.value.reason, raised.value.field) == (Reason.NOT_SUPPORTED, "config.markup")


@pytest.mark.parametrize(
    ("hint", "field"),
    [
        (pb.Hint(audio_queued=Duration(seconds=-1)), "hint.audio_queued"),
        (pb.Hint(real_time_factor=-0.1), "hint.real_time_factor"),
        (pb.Hint(real_time_factor=float("nan")), "hint.real_time_factor"),
        (pb.Hint(real_time_factor=float("inf")), "hint.real_time_factor"),
    ],
)
def test_a_hint_out_of_range_is_named(hint: pb.Hint, field: str) -> None:
    with pytest.raises(ParlandoError) as raised:
        translation.hint(hint)
    assert (raised.value.reason, raised.value.field) == (Reason.OUT_OF_RANGE, field)


def test_a_fragment_travels_whole() -> None:
    fragmenter = Fragmenter(language="en")
    (fragment, *_) = [*fragmenter.feed("Hello  you. Bye"), *fragmenter.end()]
    sent = translation.fragment_message(fragment)
    assert (sent.index, sent.source.start, sent.source.end) == (0, 0, 12)
    assert (sent.spoken_text, sent.text_kind) == ("Hello you.", synth_pb2.TEXT_KIND_PLAIN)
    assert [(piece.source.start, piece.spoken.start, piece.verbatim) for piece in sent.map] == [
        (0, 0, True),
        (5, 5, False),
        (7, 6, True),
        (11, 10, False),
    ]
    assert sent.pause_after.ToMilliseconds() == 350
    assert (sent.ends_sentence, sent.ends_paragraph) == (True, False)
    assert (sent.language.tag, sent.language.confidence) == ("en", 1.0)
    (unknown,) = fragments_of(["Hello"])
    assert not translation.fragment_message(unknown).HasField("language")
