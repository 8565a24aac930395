"""Arabic punctuation: a colon, and a comma outside a list of single words, end a sentence.

So say the Golden Rules, and it sounds right: Arabic strings with commas what English makes sentences of.
Persian and Urdu share the script and do not; their own letters tell them apart where no language is given.
"""

from __future__ import annotations

import re

from parlando_fragmenter.gap import Gap, Strength
from parlando_fragmenter.marks import Ending

_LETTER = re.compile("[\u0620-\u064a]")
_COMMA = "\u060c"
_NEXT_WORD = re.compile("(?P<word>\\S*)(?P<after>\\s?)")


def arabic(gap: Gap) -> Strength | None:
    """Return what lies after an Arabic word with a colon or a comma, None after any other."""
    mark, sentence = gap.mark, gap.sentence
    if mark.ending is not Ending.COMMA or not _LETTER.match(mark.core[-1:]):
        return None
    if sentence.language not in {"", "ar"} or sentence.persian:
        return None
    if mark.tail.endswith(":"):
        return Strength.SENTENCE
    if not mark.tail.endswith(_COMMA) or gap.width == 0:
        return None
    following = _NEXT_WORD.match(gap.ahead)
    if following is None or (not following["after"] and not gap.final):
        return Strength.UNDECIDED
    return None if following["word"].endswith(_COMMA) else Strength.SENTENCE
