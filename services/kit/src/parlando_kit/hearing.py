"""What was heard of a text that has been spoken, by the rule of the ledger.

For whoever holds a finished utterance's words and no longer its ledger: a turn that was stored, an item of a
conversation.
"""

from __future__ import annotations

from collections.abc import Sequence

from parlando_kit.ledger import Heard, Word, heard


def heard_of(
    words: Sequence[Word], samples_played: int, *, sample_count: int, length: int, whole: bool
) -> Heard:
    """Return what was heard of a text when `samples_played` of its samples had been played.

    Args:
        words: those of which something was sent, in order, none overlapping the next.
        samples_played: 0 or more; beyond the end counts as all.
        sample_count: samples sent.
        length: of the text, in code points.
        whole: whether it was spoken to its end. Where it was not, what follows its last word counts as
            unheard.
    """
    if whole and (words or samples_played >= sample_count):
        said_to = length
    else:
        said_to = words[-1].source.end if words else 0
    return heard(words, samples_played, said_to=said_to, source_end=length)
