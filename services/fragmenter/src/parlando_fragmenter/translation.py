"""Between the contract and the domain: options in, fragments out."""

from __future__ import annotations

import re
from dataclasses import dataclass

from parlando.fragmenter.v1 import fragmenter_pb2 as pb
from parlando.synth.v1 import synth_pb2
from parlando_fragmenter.fragment import Fragment
from parlando_fragmenter.markdown import MarkdownReader
from parlando_fragmenter.markup import MarkupReader
from parlando_fragmenter.normalisation.normaliser import RULE_NAMES
from parlando_fragmenter.schedule import FIRST_RANGE, GROWTH_RANGE, MOST_RANGE, Bounds
from parlando_kit.errors import ParlandoError, Reason

_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,7}")
# Offsets are int64 in the contract; this leaves room for any text that follows.
_HIGHEST_OFFSET = 2**62
_NANOSECONDS = 1e9
# Code points of a name that is quoted to whom it came from.
_LONGEST_QUOTE = 40


@dataclass(frozen=True, slots=True)
class Options:
    """How to fragment one text.

    Attributes:
        source_offset: source offset of its first code point.
        language: BCP 47 tag, or empty.
        bounds: sizes of fragments.
        flush_after: seconds, None for never.
        disabled_rules: rules of normalisation to leave out, by name.
        reader: of its markup; None for plain text.
        whole: all of it is there, however it is sent.
    """

    source_offset: int
    language: str
    bounds: Bounds
    flush_after: float | None
    disabled_rules: frozenset[str]
    reader: MarkupReader | None = None
    whole: bool = False


def options(config: pb.FragmentConfig) -> Options:
    """Return the options a config asks for.

    Raises:
        ParlandoError: OUT_OF_RANGE or NOT_SUPPORTED, with the field.
    """
    schedule, standard = config.schedule, Bounds()
    if config.markup == pb.MARKUP_SSML:
        raise ParlandoError(
            Reason.NOT_SUPPORTED,
            "SSML is not read yet; send MARKUP_PLAIN or MARKUP_MARKDOWN",
            field="config.markup",
        )
    _check(config.markup in pb.Markup.values(), "config.markup", "a value of Markup")
    _check(0 <= config.source_offset <= _HIGHEST_OFFSET, "config.source_offset", "0 to 2^62")
    _check(
        not config.language or _LANGUAGE.fullmatch(config.language) is not None,
        "config.language",
        "a BCP 47 tag, or empty",
    )
    for name in config.disabled_rules:
        allowed = f"names of rules ({name[:_LONGEST_QUOTE]!r} is none): {', '.join(sorted(RULE_NAMES))}"
        _check(name in RULE_NAMES, "config.disabled_rules", allowed)
    bounds = Bounds(
        first=schedule.first_code_points if schedule.HasField("first_code_points") else standard.first,
        growth=schedule.growth if schedule.HasField("growth") else standard.growth,
        most=schedule.max_code_points if schedule.HasField("max_code_points") else standard.most,
    )
    _check(bounds.first in FIRST_RANGE, "config.schedule.first_code_points", "1 to 1,000")
    _check(GROWTH_RANGE[0] <= bounds.growth <= GROWTH_RANGE[1], "config.schedule.growth", "1 to 8")
    _check(bounds.most in MOST_RANGE, "config.schedule.max_code_points", "20 to 4,000")
    flush_after = None
    if config.HasField("flush_after"):
        flush_after = config.flush_after.ToNanoseconds() / _NANOSECONDS
        _check(flush_after > 0, "config.flush_after", "more than 0, or unset for never")
    reader = MarkdownReader() if config.markup == pb.MARKUP_MARKDOWN else None
    disabled_rules = frozenset(config.disabled_rules)
    return Options(
        config.source_offset, config.language, bounds, flush_after, disabled_rules, reader, whole=config.whole
    )


def hint(message: pb.Hint) -> tuple[float, float]:
    """Return the audio queued, in seconds, and the real-time factor.

    Raises:
        ParlandoError: OUT_OF_RANGE, with the field.
    """
    audio_queued = message.audio_queued.ToNanoseconds() / _NANOSECONDS
    _check(audio_queued >= 0, "hint.audio_queued", "0 or more")
    factor = message.real_time_factor
    _check(0 <= factor < float("inf"), "hint.real_time_factor", "0 or more, and finite")
    return audio_queued, factor


def fragment_message(fragment: Fragment) -> pb.Fragment:
    """Return a fragment as a message."""
    message = pb.Fragment(
        index=fragment.index,
        spoken_text=fragment.spoken,
        text_kind=synth_pb2.TEXT_KIND_PLAIN,
        ends_sentence=fragment.ends_sentence,
        ends_paragraph=fragment.ends_paragraph,
    )
    message.source.start, message.source.end = fragment.source.start, fragment.source.end
    for piece in fragment.text_map.pieces:
        added = message.map.add(verbatim=piece.verbatim)
        added.source.start, added.source.end = piece.source.start, piece.source.end
        added.spoken.start, added.spoken.end = piece.spoken.start, piece.spoken.end
    message.pause_after.FromNanoseconds(round(fragment.pause_after * _NANOSECONDS))
    if fragment.language.tag:
        message.language.tag, message.language.confidence = fragment.language
    if fragment.feeling:
        message.emotion.name = fragment.feeling
    return message


def _check(holds: bool, field: str, allowed: str) -> None:  # noqa: FBT001  # reads as a sentence where it is called
    if not holds:
        raise ParlandoError(Reason.OUT_OF_RANGE, f"{field} must be {allowed}", field=field)
