"""What is spoken does not show where somebody looks at what holds it: in a traceback, or in a log."""

from __future__ import annotations

import pytest

from parlando_espeak.manner import Manner
from parlando_espeak.passages import Passage
from parlando_espeak.wire import Utterance
from parlando_kit.spans import Span
from parlando_synth.job import Job
from parlando_synth.order import Order
from parlando_synth.pronunciation import PronouncedWord, Pronunciation
from parlando_synth.reading import Reading

_TEXT = "xylophone"
_WORD = PronouncedWord(Span(0, len(_TEXT)), _TEXT)


@pytest.mark.parametrize(
    "holder",
    [
        Order("s1", _TEXT, previous_text=_TEXT, next_text=_TEXT),
        Job(_TEXT, "en", previous_text=_TEXT, next_text=_TEXT),
        _WORD,
        Pronunciation("en", _TEXT, (_WORD,)),
        Reading(_TEXT, ()),
        Utterance(_TEXT, "en"),
        Passage(_TEXT, (), "en", Manner()),
    ],
    ids=lambda holder: type(holder).__name__,
)
def test_what_is_spoken_is_not_shown(holder: object) -> None:
    assert _TEXT not in repr(holder)
