"""A fragment: something that can be spoken."""

from __future__ import annotations

from dataclasses import dataclass, field

from parlando_fragmenter.languages import UNKNOWN, Guess
from parlando_kit.spans import Span, SpanMap


@dataclass(frozen=True, slots=True)
class Fragment:
    """A piece of text that is synthesised as one.

    Attributes:
        index: its number in the stream, from 0.
        source: what it covers of the caller's text, white space included.
        spoken: what is to be said; empty when nothing in the span can be spoken.
        text_map: from spoken back to source.
        pause_after: seconds of silence to leave after it at speed 1.
        ends_sentence: a sentence ends here.
        ends_paragraph: a paragraph ends here.
        language: what it is written in.
        feeling: what it suggests, by name; empty where it suggests none, or is not whole sentences.
    """

    index: int
    source: Span
    spoken: str = field(repr=False)
    text_map: SpanMap
    pause_after: float
    ends_sentence: bool
    ends_paragraph: bool
    language: Guess = UNKNOWN
    feeling: str = ""
