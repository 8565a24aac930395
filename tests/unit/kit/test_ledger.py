import pytest

from parlando.audio.v1 import audio_pb2
from parlando_kit.ledger import Heard, Ledger, ResumePoint, SpokenWord, TimingQuality, Word
from parlando_kit.spans import Piece, Span, SpanMap

EXACT, ALIGNED, ESTIMATED = TimingQuality.EXACT, TimingQuality.ALIGNED, TimingQuality.ESTIMATED

# "One two." and " Three!": two fragments of one text.
_FIRST = SpanMap.identity(Span(0, 8))
_SECOND = SpanMap.identity(Span(8, 15))
_END = 15
_ONE = SpokenWord(Span(0, 3), first_sample=100, sample_count=300, quality=EXACT)
_TWO = SpokenWord(Span(4, 7), first_sample=500, sample_count=200, quality=EXACT)
_THREE = SpokenWord(Span(1, 6), first_sample=900, sample_count=101, quality=EXACT)


def _said() -> Ledger:
    """Both fragments whole: samples 0 to 800 and 800 to 1100."""
    ledger = Ledger()
    ledger.begin_fragment(0, _FIRST, EXACT)
    ledger.add_samples(800)
    ledger.add_words([_ONE, _TWO])
    ledger.end_fragment()
    ledger.begin_fragment(1, _SECOND, EXACT)
    ledger.add_samples(300)
    ledger.add_words([_THREE])
    ledger.end_fragment()
    return ledger


def test_qualities_have_the_numbers_of_the_contract() -> None:
    of_contract = dict(audio_pb2.TimingQuality.items())
    del of_contract["TIMING_QUALITY_UNSPECIFIED"]
    assert {f"TIMING_QUALITY_{quality.name}": quality.value for quality in TimingQuality} == of_contract


def test_words_are_tied_to_the_callers_text() -> None:
    ledger = Ledger(source_offset=100)
    ledger.begin_fragment(4, SpanMap([Piece(Span(100, 102), Span(0, 12), verbatim=False)]), ALIGNED)  # "$5"
    five = SpokenWord(Span(0, 4), 10, 20, ALIGNED)
    assert ledger.add_words([five]) == [Word(Span(100, 102), 4, Span(0, 4), 10, 20, ALIGNED)]
    assert ledger.words[0].end_sample == five.end_sample == 30


def test_what_was_made_and_what_was_sent_are_counted() -> None:
    ledger = _said()
    assert (ledger.made, ledger.sent, ledger.source_done) == (1100, 0, 15)
    ledger.add_samples(50)  # silence after the last fragment
    ledger.mark_sent(1120)
    assert (ledger.made, ledger.sent) == (1150, 1120)
    assert len(ledger.words) == 3


@pytest.mark.parametrize("position", [119, 1151])
def test_what_was_sent_neither_shrinks_nor_outgrows_what_was_made(position: int) -> None:
    ledger = _said()
    ledger.add_samples(50)
    ledger.mark_sent(120)
    ledger.mark_sent(120)
    ledger.mark_sent(1150)
    with pytest.raises(ValueError, match=f"not {position}"):
        ledger.mark_sent(position)


def test_samples_are_never_unmade() -> None:
    with pytest.raises(ValueError, match="discard_unsent"):
        Ledger().add_samples(-1)


# What is refused


def test_fragments_come_one_after_the_other() -> None:
    ledger = Ledger()
    ledger.begin_fragment(3, _FIRST, EXACT)
    with pytest.raises(ValueError, match="still open"):
        ledger.begin_fragment(4, _SECOND, EXACT)
    with pytest.raises(ValueError, match="while a fragment is open"):
        ledger.pass_over(_SECOND)
    ledger.end_fragment()
    ledger.pass_over(_SECOND)
    for index in (2, 3):
        with pytest.raises(ValueError, match="fragment 3 came before"):
            ledger.begin_fragment(index, _SECOND, EXACT)
    ledger.begin_fragment(4, _SECOND, EXACT)


def test_words_and_ends_need_an_open_fragment() -> None:
    ledger = Ledger()
    for close in (ledger.end_fragment, lambda: ledger.add_words([_ONE])):
        with pytest.raises(ValueError, match="no fragment is open"):
            close()
    ledger.begin_fragment(0, _FIRST, EXACT)
    ledger.end_fragment()
    with pytest.raises(ValueError, match="no fragment is open"):
        ledger.end_fragment()


def test_words_out_of_order_are_refused_whole() -> None:
    ledger = Ledger()
    ledger.begin_fragment(0, _FIRST, EXACT)
    with pytest.raises(ValueError, match="in order"):
        ledger.add_words([_TWO, _ONE])
    assert list(ledger.words) == []
    ledger.add_words([_TWO])
    with pytest.raises(ValueError, match="in order"):
        ledger.add_words([_ONE])
    assert len(ledger.words) == 1


def test_a_word_before_its_fragment_is_refused() -> None:
    ledger = Ledger()
    ledger.add_samples(200)
    ledger.begin_fragment(0, _FIRST, EXACT)
    with pytest.raises(ValueError, match="within their fragment"):
        ledger.add_words([_ONE])


def test_a_word_that_begins_before_the_last_has_ended_is_tied_to_the_rest_of_it() -> None:
    ledger = Ledger()
    ledger.begin_fragment(0, _FIRST, ALIGNED)
    times = [(0, 100), (90, 50), (95, 10), (96, 200)]
    words = ledger.add_words([SpokenWord(Span(n, n + 1), *time, ALIGNED) for n, time in enumerate(times)])
    assert [(word.first_sample, word.sample_count) for word in words] == [
        (0, 100),
        (100, 40),
        (140, 0),
        (140, 156),
    ]


# What may be sent


def test_a_word_is_released_once_its_end_is_known_and_made() -> None:
    ledger = Ledger()
    ledger.begin_fragment(0, _FIRST, EXACT)
    ledger.add_samples(450)
    assert ledger.releasable() == 0  # no word's end is known
    ledger.add_words([_ONE])
    assert ledger.releasable() == 400  # up to its end, not the silence after it
    ledger.add_words([_TWO])  # told before its samples are made
    assert ledger.releasable() == 400
    ledger.add_samples(249)
    assert ledger.releasable() == 400
    ledger.add_samples(1)
    assert ledger.releasable() == 700
    ledger.add_samples(100)
    assert ledger.releasable() == 700
    ledger.end_fragment()
    assert ledger.releasable() == 800
    ledger.add_samples(60)  # a pause
    assert ledger.releasable() == 860
    ledger.begin_fragment(1, _SECOND, EXACT)
    assert ledger.releasable() == 860
    ledger.add_samples(10)
    assert ledger.releasable() == 860


def test_estimated_times_hold_nothing_back() -> None:
    ledger = Ledger()
    ledger.begin_fragment(0, _FIRST, ESTIMATED)
    ledger.add_samples(450)
    assert ledger.releasable() == 450


def test_what_was_sent_stays_released() -> None:
    ledger = Ledger()
    ledger.begin_fragment(0, _FIRST, ALIGNED)
    ledger.add_samples(450)
    ledger.mark_sent(30)
    assert ledger.releasable() == 30


# Where another engine resumes


def test_another_engine_resumes_at_the_first_word_of_which_nothing_was_released() -> None:
    ledger = Ledger()
    assert ledger.resume_point() is None
    ledger.begin_fragment(0, _FIRST, EXACT)
    ledger.add_samples(600)
    assert ledger.resume_point() == ResumePoint(0, 0, EXACT)
    ledger.add_words([_ONE, _TWO])
    assert ledger.resume_point() == ResumePoint(spoken_offset=3, sample=400, quality=EXACT)
    ledger.end_fragment()
    assert ledger.resume_point() is None


def test_words_of_an_earlier_fragment_do_not_move_the_point() -> None:
    ledger = _said()
    ledger.begin_fragment(2, SpanMap.identity(Span(15, 30)), EXACT)
    assert ledger.resume_point() == ResumePoint(0, 1100, EXACT)


def test_an_estimated_seam_says_what_it_is() -> None:
    ledger = Ledger()
    ledger.begin_fragment(0, _FIRST, ESTIMATED)
    ledger.add_samples(600)
    ledger.add_words(
        [SpokenWord(Span(0, 3), 100, 300, ESTIMATED), SpokenWord(Span(4, 7), 500, 200, ESTIMATED)]
    )
    assert ledger.resume_point() == ResumePoint(spoken_offset=7, sample=600, quality=ESTIMATED)


def test_a_fragment_goes_on_under_its_own_number_and_resumes_after_both_its_parts() -> None:
    ledger = Ledger()
    ledger.begin_fragment(0, _FIRST, EXACT)
    ledger.add_samples(600)
    ledger.add_words([_ONE, _TWO])
    ledger.mark_sent(400)
    assert ledger.discard_unsent() == 200
    ledger.begin_fragment(0, _FIRST, ALIGNED)
    ledger.add_samples(50)
    assert ledger.resume_point() == ResumePoint(spoken_offset=3, sample=400, quality=ALIGNED)
    ledger.add_samples(250)
    ledger.add_words([SpokenWord(Span(4, 7), 450, 200, ALIGNED)])
    assert ledger.resume_point() == ResumePoint(spoken_offset=7, sample=650, quality=ALIGNED)
    ledger.end_fragment()
    assert ledger.source_done == 8
    assert [word.spoken for word in ledger.words] == [Span(0, 3), Span(4, 7)]
    with pytest.raises(ValueError, match="came before"):
        ledger.begin_fragment(0, _FIRST, EXACT)


def test_where_a_fragment_is_broken_off_the_words_of_the_one_before_stay() -> None:
    ledger = Ledger()
    ledger.begin_fragment(0, _FIRST, EXACT)
    ledger.add_samples(550)  # a resampler has the rest of "two"
    ledger.add_words([_ONE, _TWO])
    ledger.end_fragment()
    said = tuple(ledger.words)
    ledger.begin_fragment(1, _SECOND, EXACT)
    assert ledger.break_off() == ResumePoint(spoken_offset=0, sample=550, quality=EXACT)
    assert tuple(ledger.words) == said
    ledger.add_samples(150)
    ledger.begin_fragment(1, _SECOND, EXACT)
    ledger.end_fragment()
    assert ledger.heard(700, _END) == Heard(_END, said, EXACT)


# What a cancel throws away


def test_a_cancel_forgets_what_was_not_sent() -> None:
    ledger = _said()
    ledger.mark_sent(600)  # in the middle of "two"
    assert ledger.discard_unsent() == 500
    assert (ledger.made, ledger.sent, ledger.releasable()) == (600, 600, 600)
    assert [(word.spoken, word.sample_count) for word in ledger.words] == [
        (Span(0, 3), 300),
        (Span(4, 7), 100),
    ]
    assert ledger.source_done == 0  # "One two." was cut short
    assert ledger.fragments_sent() == 0
    ledger.begin_fragment(1, _SECOND, EXACT)  # nothing of it was sent: its number is free
    assert ledger.discard_unsent() == 0


@pytest.mark.parametrize(("sent", "kept"), [(249, 0), (250, 1), (599, 1), (600, 2)])
def test_a_cancel_keeps_a_word_of_which_half_was_sent(sent: int, kept: int) -> None:
    ledger = _said()
    ledger.mark_sent(sent)
    ledger.discard_unsent()
    assert len(ledger.words) == kept
    assert all(word.end_sample <= sent for word in ledger.words)
    assert ledger.heard(sent, _END).source_offset == (0, 4, 9)[kept]


def test_a_cancel_before_anything_was_sent_leaves_nothing() -> None:
    ledger = Ledger(source_offset=7)
    assert ledger.discard_unsent() == 0
    ledger.add_samples(5)  # silence first, so that the fragment begins beyond what was sent
    ledger.begin_fragment(0, SpanMap.identity(Span(7, 15)), EXACT)
    ledger.add_samples(100)
    assert ledger.discard_unsent() == 105
    assert (ledger.made, ledger.source_done, ledger.fragments_sent()) == (0, 7, 0)
    ledger.begin_fragment(0, SpanMap.identity(Span(7, 15)), EXACT)


def test_a_cancel_within_silence_leaves_the_words_before_it_whole() -> None:
    ledger = _said()
    ledger.mark_sent(750)  # after "two", within its fragment
    assert ledger.discard_unsent() == 350
    assert ledger.source_done == 8
    assert ledger.fragments_sent() == 1
    with pytest.raises(ValueError, match="fragment 0 came before"):
        ledger.begin_fragment(0, _FIRST, EXACT)


@pytest.mark.parametrize(("sent", "whole"), [(699, 0), (700, 1), (800, 1), (1000, 1), (1001, 2), (1100, 2)])
def test_a_fragment_is_sent_once_its_last_word_is(sent: int, whole: int) -> None:
    ledger = _said()
    ledger.mark_sent(sent)
    assert ledger.fragments_sent() == whole
    ledger.discard_unsent()
    assert ledger.fragments_sent() == whole
    assert ledger.source_done == (0, 8, 15)[whole]


def test_a_fragment_without_words_is_sent_once_its_samples_are() -> None:
    ledger = Ledger()
    ledger.begin_fragment(0, _FIRST, EXACT)
    ledger.add_samples(10)
    ledger.end_fragment()
    ledger.mark_sent(9)
    assert ledger.fragments_sent() == 0
    ledger.mark_sent(10)
    assert ledger.fragments_sent() == 1


def test_a_cancel_closes_the_fragment_being_spoken() -> None:
    ledger = Ledger()
    ledger.begin_fragment(0, _FIRST, EXACT)
    ledger.add_samples(700)
    ledger.add_words([_ONE])
    ledger.mark_sent(400)
    assert ledger.discard_unsent() == 300
    assert ledger.resume_point() is None
    assert (ledger.source_done, ledger.fragments_sent()) == (0, 0)
    with pytest.raises(ValueError, match="no fragment is open"):
        ledger.add_words([_TWO])


def test_text_passed_over_is_done_until_what_comes_before_it_is_thrown_away() -> None:
    ledger = Ledger()
    ledger.begin_fragment(0, _FIRST, EXACT)
    ledger.add_samples(800)
    ledger.add_words([_ONE, _TWO])
    ledger.end_fragment()
    ledger.pass_over(SpanMap([Piece(Span(8, 11), Span(0, 0), verbatim=False)]))
    assert (ledger.source_done, ledger.fragments_sent()) == (11, 0)
    ledger.mark_sent(800)
    assert ledger.discard_unsent() == 0
    assert (ledger.source_done, ledger.fragments_sent()) == (11, 1)

    ledger = Ledger()
    ledger.begin_fragment(0, _FIRST, EXACT)
    ledger.add_samples(800)
    ledger.end_fragment()
    ledger.pass_over(SpanMap([Piece(Span(8, 11), Span(0, 0), verbatim=False)]))
    ledger.discard_unsent()
    assert ledger.source_done == 0


def test_after_a_cancel_new_words_begin_where_the_old_ones_ended() -> None:
    ledger = _said()
    ledger.mark_sent(410)
    ledger.discard_unsent()
    ledger.begin_fragment(2, SpanMap.identity(Span(20, 30)), EXACT)
    ledger.add_samples(100)
    words = ledger.add_words([SpokenWord(Span(0, 4), 410, 50, EXACT)])
    assert words[0].first_sample == 410


# What was heard


@pytest.mark.parametrize(
    ("played", "source_offset", "words"),
    [
        (0, 0, 0),
        (249, 0, 0),
        (250, 4, 1),  # half of "One"
        (599, 4, 1),
        (600, 9, 2),  # half of "two"; its full stop and the space go with it
        (950, 9, 2),
        (951, 15, 3),  # half of an odd number of samples is rounded up
        (10**9, 15, 3),
    ],
)
def test_a_word_is_heard_once_half_of_it_was_played(played: int, source_offset: int, words: int) -> None:
    ledger = _said()
    heard = ledger.heard(played, _END)
    assert heard == Heard(source_offset, tuple(ledger.words[:words]), EXACT)


def test_a_written_word_is_heard_once_all_it_is_said_as_was() -> None:
    ledger = Ledger()
    ledger.begin_fragment(0, SpanMap([Piece(Span(0, 2), Span(0, 12), verbatim=False)]), EXACT)
    ledger.add_samples(200)
    ledger.add_words([SpokenWord(Span(0, 4), 0, 100, EXACT), SpokenWord(Span(5, 12), 100, 100, EXACT)])
    ledger.end_fragment()
    assert ledger.heard(120, 2).source_offset == 0
    assert ledger.heard(150, 2).source_offset == 2


def test_the_cut_has_the_quality_of_the_word_at_it() -> None:
    ledger = Ledger()
    ledger.begin_fragment(0, _FIRST, EXACT)
    ledger.add_samples(800)
    ledger.add_words([_ONE, SpokenWord(Span(4, 7), 500, 200, ESTIMATED)])
    ledger.end_fragment()
    assert ledger.heard(0, 8).quality is EXACT
    assert ledger.heard(400, 8).quality is ESTIMATED
    assert ledger.heard(800, 8).quality is EXACT  # nothing was missed


def test_text_that_is_still_to_be_made_was_not_heard() -> None:
    ledger = Ledger()
    assert ledger.heard(0, _END) == Heard(0, (), ESTIMATED)
    ledger.begin_fragment(0, _FIRST, EXACT)
    ledger.add_samples(800)
    assert ledger.heard(800, _END) == Heard(0, (), ESTIMATED)
    ledger.add_words([_ONE])
    assert ledger.heard(800, _END) == Heard(3, tuple(ledger.words), EXACT)
    ledger.add_words([_TWO])
    ledger.end_fragment()
    assert ledger.heard(800, _END) == Heard(8, tuple(ledger.words), EXACT)
    ledger.begin_fragment(1, _SECOND, EXACT)
    ledger.add_samples(50)
    assert ledger.heard(850, _END).source_offset == 8


def test_text_that_was_thrown_away_was_not_heard() -> None:
    ledger = _said()
    ledger.mark_sent(450)
    ledger.discard_unsent()
    assert ledger.heard(10**9, _END) == Heard(4, tuple(ledger.words), EXACT)  # "two" begins at 4


def test_an_utterance_of_which_nothing_can_be_said_is_heard_when_it_is_done() -> None:
    ledger = Ledger(source_offset=40)
    ledger.pass_over(SpanMap([Piece(Span(40, 43), Span(0, 0), verbatim=False)]))
    assert ledger.heard(0, 43) == Heard(43, (), EXACT)


def test_audio_without_timed_words_is_heard_as_a_whole_or_not_at_all() -> None:
    ledger = Ledger(source_offset=40)
    ledger.begin_fragment(0, SpanMap.identity(Span(40, 45)), ESTIMATED)
    ledger.add_samples(100)
    ledger.end_fragment()
    assert ledger.heard(99, 45) == Heard(40, (), ESTIMATED)
    assert ledger.heard(100, 45) == Heard(45, (), EXACT)
