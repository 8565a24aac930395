"""What an utterance has taken so far."""

from __future__ import annotations

from parlando_router.events import Usage
from parlando_router.ports import Cost, SynthesisFinished
from parlando_router.tally import Tally
from tests.unit.router.virtual_time import run


def test_what_engines_did_is_added_up_by_engine() -> None:
    async def main() -> None:
        tally = Tally()
        tally.add("cloud", SynthesisFinished(1.0, 10, Cost("USD", 500)), 2.0)
        tally.add("espeak", SynthesisFinished(0.5, 7, None), 1.0)
        tally.add("cloud", SynthesisFinished(1.0, 5, Cost("USD", 250)), 2.0)
        tally.add("cloud", SynthesisFinished(0.0, 0, None), 0.0)
        assert tally.usage == {"cloud": Usage(15, 2.0, Cost("USD", 750)), "espeak": Usage(7, 0.5, None)}
        assert tally.real_time_factor == 0.5

    run(main())


def test_a_model_and_its_deviations_are_told_with_its_engine() -> None:
    async def main() -> None:
        tally = Tally()
        tally.add("cloud", SynthesisFinished(1.0, 10, None, words_missing=1, words_added=2), 2.0, "reader-2")
        tally.add("cloud", SynthesisFinished(1.0, 5, None, words_added=1), 2.0)
        assert tally.usage == {
            "cloud": Usage(15, 2.0, None, model="reader-2", words_missing=1, words_added=3),
        }

    run(main())


def test_the_first_text_is_dated_once() -> None:
    async def main() -> None:
        tally = Tally()
        assert not tally.text_came.is_set()
        tally.text_arrived(3, 10.0)
        tally.text_arrived(4, 20.0)
        assert (tally.received, tally.text_at, tally.text_came.is_set()) == (7, 10.0, True)
        assert tally.real_time_factor == 0

    run(main())
