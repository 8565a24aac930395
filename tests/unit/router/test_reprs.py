"""What is spoken does not show where somebody looks at what holds it: in a traceback, or in a log."""

from __future__ import annotations

import pytest

from parlando_kit.spans import Span, SpanMap
from parlando_router.events import FragmentBegun
from parlando_router.ports import Fragment, Pronunciation, SynthesisRequest, TextKind
from parlando_router.previews import Preview
from parlando_router.pronouncing import Pronounced
from parlando_router.remainder import remainder
from parlando_router.request import SpeechSettings
from parlando_router.speak_protocol import Append, Message, Open, Text

_TEXT = "xylophone"
_SPAN = Span(0, len(_TEXT))


@pytest.mark.parametrize(
    "holder",
    [
        Message(1, Open(SpeechSettings(), "", _TEXT, complete=True)),
        Message(1, Text(_TEXT)),
        Append(_TEXT),
        Fragment(_SPAN, _TEXT, TextKind.PLAIN, SpanMap(()), 0.0, ends_sentence=True, language="en"),
        FragmentBegun(0, _SPAN, _TEXT, 0, ends_sentence=True, synthesis_id="s1", language="en"),
        SynthesisRequest("s1", _TEXT, TextKind.PLAIN, "en", "en", previous_text=_TEXT),
        remainder(_TEXT, TextKind.PLAIN, 0),
        Pronunciation("en", _TEXT, [(_SPAN, _TEXT)]),
        Pronounced("espeak", "en", _TEXT, [(_SPAN, _TEXT)]),
        Preview(b"", _TEXT, "en", "espeak", "en"),
    ],
    ids=lambda holder: type(holder).__name__,
)
def test_what_is_spoken_is_not_shown(holder: object) -> None:
    assert _TEXT not in repr(holder)
