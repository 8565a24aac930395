"""What is said as one is never cut, however small fragments are to be."""

import pytest

from parlando_fragmenter.fragmenter import Fragmenter
from parlando_fragmenter.normalisation.normaliser import normaliser_for
from parlando_fragmenter.schedule import Bounds
from parlando_fragmenter.segmenter import Segmenter


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("$1.5 million now", ["one point five million dollars", "now"]),
        (
            "call +1 415 555 0132 now",
            ["call", "plus one, four one five, five five five, zero one three two", "now"],
        ),
        (
            "call +1 (415) 555-0132 now",
            ["call", "plus one, four one five, five five five, zero one three two", "now"],
        ),
        (
            "4111 1111 1111 1111 ok",
            ["four one one one, one one one one, one one one one, one one one one", "ok"],
        ),
        ("at 20 km/h on", ["at", "twenty kilometers per hour", "on"]),
        ("at 20 \u00b0C on", ["at", "twenty degrees Celsius", "on"]),
        ("at 10 a.m. on", ["at", "ten A M", "on"]),
        ("from 9 AM - 5 PM on", ["from", "nine A M to five P M", "on"]),
        ("World War II ended", ["World", "War two", "ended"]),
        ("on Nov. 21 and", ["on", "November twenty-first", "and"]),
        ("on 21 November and", ["on", "the twenty-first of November", "and"]),
        ("see No. 5 now", ["see", "number five", "now"]),
        ("2 1/2 cups", ["two and a half", "cups"]),
        ("20 EUR each", ["twenty euros", "each"]),
        ("Baker St. is", ["Baker Street", "is"]),
        ("5' 11\" tall", ["five foot eleven", "tall"]),
        ("7 - 2 it", ["seven to two", "it"]),
        ("7 - 2 = 5 it", ["seven minus two equals", "five", "it"]),
        ("10 20 cats", ["ten", "twenty", "cats"]),
        ("5 mice", ["five", "mice"]),
        ("Henry I think", ["Henry", "I", "think"]),
    ],
)
def test_no_cut_falls_within_what_is_said_as_one(text: str, spoken: list[str]) -> None:
    fragmenter = Fragmenter(bounds=Bounds(first=1, growth=1.0), normaliser=normaliser_for("en"))
    found = [*(each for character in text for each in fragmenter.feed(character)), *fragmenter.end()]
    assert [fragment.spoken for fragment in found] == spoken


@pytest.mark.parametrize(
    ("written", "needed"),
    [
        ("20 ", "e"),  # begins the name of no unit
        ("20 ", "kn"),
        ("20 ", "ki"),
        ("$20 ", "to"),
        ("415 ", "5"),
        ("Henry ", "a"),
        ("War ", "Ia"),
        ("cats ", "a"),
    ],
)
def test_no_more_is_waited_for_than_tells(written: str, needed: str) -> None:
    segmenter = Segmenter("en")
    for character in written + needed[:-1]:
        segmenter.feed(character)
    assert segmenter.settled < len(written)
    segmenter.feed(needed[-1])
    assert segmenter.settled == len(written + needed)
