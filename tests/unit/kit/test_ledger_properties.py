"""The ledger under engines that speak, fail and are cancelled at any point.

An utterance is a list of fragments, each a list of words with the silence before them. Engines speak it
chunk by chunk; words become known to the ledger as their samples are made or later, never in time with
the chunks. What is true of the audio is kept here, apart from the ledger, and compared with it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle

from hypothesis import given
from hypothesis import strategies as st

from parlando_kit.ledger import Ledger, SpokenWord, TimingQuality
from parlando_kit.spans import Piece, Span, SpanMap

EXACT, ALIGNED, ESTIMATED = TimingQuality.EXACT, TimingQuality.ALIGNED, TimingQuality.ESTIMATED


@dataclass(frozen=True)
class Planned:
    """A word to be said: its place in the spoken text, and the samples an engine takes for it."""

    spoken: Span
    silence: int
    samples: int


@dataclass(frozen=True)
class Fragment:
    """Words to be said, and the text they stand for."""

    text_map: SpanMap
    words: tuple[Planned, ...]
    tail: int


@st.composite
def texts(draw: st.DrawFn) -> list[Fragment]:
    """Up to four fragments of up to five words; some words are written otherwise than they are said."""
    fragments: list[Fragment] = []
    source = 0
    for _ in range(draw(st.integers(1, 4))):
        pieces: list[Piece] = []
        words: list[Planned] = []
        spoken = 0
        for _ in range(draw(st.integers(0, 5))):
            said = draw(st.integers(1, 4))
            written = draw(st.integers(1, 4)) if draw(st.booleans()) else said
            word = Span(spoken, spoken + said)
            pieces.append(Piece(Span(source, source + written), word, verbatim=written == said))
            pieces.append(
                Piece(
                    Span(source + written, source + written + 1),
                    Span(word.end, word.end + 1),
                    verbatim=True,
                )
            )
            words.append(Planned(word, draw(st.integers(0, 30)), draw(st.integers(1, 60))))
            source, spoken = source + written + 1, spoken + said + 1
        if not words:
            pieces.append(Piece(Span(source, source + 1), Span(0, 1), verbatim=True))
            source += 1
        fragments.append(Fragment(SpanMap(pieces), tuple(words), draw(st.integers(0, 20))))
    return fragments


# How engines go about it; see `Engine.speak`.
_PACES = st.lists(st.integers(0, 40), min_size=1, max_size=20).map(cycle)


class Engine:
    """Speaks the words of one fragment from an offset on; its samples begin at `first_sample`."""

    def __init__(self, fragment: Fragment, first_sample: int, spoken_offset: int = 0) -> None:
        self.truth: list[SpokenWord] = []
        end = first_sample
        for word in fragment.words:
            if word.spoken.start >= spoken_offset:
                begin = end + word.silence
                self.truth.append(SpokenWord(word.spoken, begin, word.samples, EXACT))
                end = begin + word.samples
        self.end = end + fragment.tail
        self.told = 0

    def speak(self, ledger: Ledger, pace: Iterator[int]) -> Iterator[None]:
        """Make samples and tell words in any order that an engine may choose; yield after each step.

        A step of `pace` makes so many samples; one of 0 tells the next word, which may be told as soon as
        it has begun, before its samples are made.
        """
        while ledger.made < self.end or self.told < len(self.truth):
            step = next(pace)
            if self.told < len(self.truth) and (step == 0 or ledger.made == self.end):
                word = self.truth[self.told]
                ledger.add_samples(max(word.first_sample - ledger.made, 0))
                ledger.add_words([word])
                self.told += 1
            else:
                ledger.add_samples(min(step + 1, self.end - ledger.made))
            yield


def _split(words: list[SpokenWord], sample: int) -> list[SpokenWord]:
    return [word for word in words if word.first_sample < sample < word.end_sample]


@given(fragments=texts(), pace=_PACES, sending=st.booleans())
def test_no_word_is_ever_released_in_half(
    fragments: list[Fragment], pace: Iterator[int], *, sending: bool
) -> None:
    ledger = Ledger()
    released = 0
    for index, fragment in enumerate(fragments):
        ledger.begin_fragment(index, fragment.text_map, (EXACT, ALIGNED)[index % 2])
        engine = Engine(fragment, ledger.made)
        for _ in engine.speak(ledger, pace):
            assert released <= ledger.releasable() <= ledger.made
            released = ledger.releasable()
            assert _split(engine.truth, released) == []
            if sending:
                ledger.mark_sent(released)
        ledger.end_fragment()
        assert ledger.releasable() == ledger.made


@given(texts(), _PACES, st.lists(st.integers(0, 9), min_size=1, max_size=10).map(cycle))
def test_when_engines_fail_every_word_is_said_once(
    fragments: list[Fragment], pace: Iterator[int], lives: Iterator[int]
) -> None:
    ledger = Ledger()
    for index, fragment in enumerate(fragments):
        offset = 0
        for attempts_left in (2, 1, 0):
            ledger.begin_fragment(index, fragment.text_map, EXACT)
            engine = Engine(fragment, ledger.made, offset)
            failed = False
            life = next(lives)  # in steps
            for step, _ in enumerate(engine.speak(ledger, pace)):
                if attempts_left and step == life:
                    failed = True
                    break
            if not failed:
                ledger.end_fragment()
                break
            point = ledger.resume_point()
            assert point is not None
            assert _split(engine.truth, point.sample) == []
            ledger.mark_sent(point.sample)
            ledger.discard_unsent()
            assert ledger.made == point.sample
            offset = point.spoken_offset
        ledger.mark_sent(ledger.made)
    said = [(word.fragment, word.spoken) for word in ledger.words]
    assert said == [(i, word.spoken) for i, fragment in enumerate(fragments) for word in fragment.words]
    for earlier, later in zip(ledger.words, ledger.words[1:], strict=False):
        assert earlier.end_sample <= later.first_sample
        assert earlier.source.start <= later.source.start
    assert ledger.fragments_sent() == len(fragments)
    assert ledger.source_done == fragments[-1].text_map.source.end


@given(texts(), _PACES, st.lists(st.integers(0, 1000), max_size=8))
def test_what_was_heard_and_what_was_not_are_the_whole_text(
    fragments: list[Fragment], pace: Iterator[int], positions: list[int]
) -> None:
    ledger = Ledger()
    for index, fragment in enumerate(fragments):
        ledger.begin_fragment(index, fragment.text_map, EXACT)
        list(Engine(fragment, ledger.made).speak(ledger, pace))
        ledger.end_fragment()
    end = fragments[-1].text_map.source.end
    before = 0
    for played in sorted([*positions, ledger.made]):
        heard = ledger.heard(played, end)
        unheard = ledger.words[len(heard.words) :]
        assert [*heard.words, *unheard] == list(ledger.words)
        assert all(2 * (played - word.first_sample) >= word.sample_count for word in heard.words)
        assert all(2 * (played - word.first_sample) < word.sample_count for word in unheard)
        assert before <= heard.source_offset <= end
        assert all(word.source.end <= heard.source_offset for word in heard.words)
        assert all(word.source.start >= heard.source_offset for word in unheard)
        before = heard.source_offset
    assert ledger.heard(ledger.made, end).source_offset == end


@given(texts(), _PACES, st.integers(0, 60), st.floats(0, 1))
def test_a_cancel_keeps_what_was_sent_and_nothing_else(
    fragments: list[Fragment], pace: Iterator[int], steps: int, share: float
) -> None:
    ledger = Ledger()
    ends: list[int] = []  # of each fragment's last word, once it is closed
    for index, fragment in enumerate(fragments):
        ledger.begin_fragment(index, fragment.text_map, EXACT)
        engine = Engine(fragment, ledger.made)
        for _ in engine.speak(ledger, pace):
            steps -= 1
            if steps == 0:
                break
        if steps == 0:
            break
        ledger.end_fragment()
        ends.append(engine.truth[-1].end_sample if engine.truth else engine.end)
    words, made = list(ledger.words), ledger.made
    sent = round(share * made)
    ledger.mark_sent(sent)

    assert ledger.discard_unsent() == made - sent
    assert ledger.made == ledger.sent == ledger.releasable() == sent
    kept = [word for word in words if 2 * (sent - word.first_sample) >= word.sample_count]
    assert [word.spoken for word in ledger.words] == [word.spoken for word in kept]
    assert [word.end_sample for word in ledger.words] == [min(word.end_sample, sent) for word in kept]
    whole = sum(end <= sent for end in ends)
    assert ledger.fragments_sent() == whole
    assert ledger.source_done == (fragments[whole - 1].text_map.source.end if whole else 0)
    heard = ledger.heard(made, fragments[-1].text_map.source.end)
    assert heard.words == tuple(ledger.words)
    assert all(heard.source_offset <= word.source.start for word in words[len(kept) :])
    assert ledger.discard_unsent() == 0
