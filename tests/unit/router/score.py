"""What must hold of every call, whatever happened in it."""

from __future__ import annotations

from parlando_kit.ledger import TimingQuality
from parlando_router import events
from parlando_scripted.signal import said
from tests.unit.router.scripted_worker import RATE
from tests.unit.router.stage import Call


def check(call: Call) -> None:
    """Assert what callers may rely on, of a call that ended well."""
    _check_samples(call)
    _check_fragments(call)
    _check_words(call)
    _check_cancels(call)
    _check_end(call)


def _check_samples(call: Call) -> None:
    """Samples are contiguous across epochs."""
    at = 0
    for frame in call.frames:
        assert frame.first_sample == at
        assert len(frame.data) == 2 * frame.sample_count
        at += frame.sample_count


def _check_fragments(call: Call) -> None:
    """Every fragment is told before its first frame, and frames belong to what was told."""
    begun: dict[int, events.FragmentBegun] = {}
    source = last = -1
    syntheses = {""}
    changed = False
    for sent in call.sent:
        if isinstance(sent.event, events.FragmentBegun):
            assert sent.event.fragment_index > last
            last = sent.event.fragment_index
            begun[last] = sent.event
            assert sent.event.source.start >= source
            source = sent.event.source.end
            syntheses.add(sent.event.synthesis_id)
        elif isinstance(sent.event, events.EngineChanged):
            changed = True
        elif isinstance(sent.event, events.AudioSent) and sent.event.sample_count:
            owner = begun[sent.event.fragment_index]
            assert sent.event.first_sample >= owner.first_sample
            if sent.event.synthesis_id not in {"", owner.synthesis_id}:  # another one went on with it
                assert changed or sent.event.synthesis_id in syntheses
                syntheses.add(sent.event.synthesis_id)
                changed = False


def _check_words(call: Call) -> None:
    """Words come once, in order, and never behind a frame that lies beyond them."""
    at = source = sent_up_to = 0
    for sent in call.sent:
        if isinstance(sent.event, events.AudioSent):
            sent_up_to = sent.event.first_sample + sent.event.sample_count
        elif isinstance(sent.event, events.Cancelled):
            at = min(at, sent.event.samples_sent)
        elif isinstance(sent.event, events.WordsTimed):
            for word in sent.event.words:
                assert word.first_sample >= at
                assert word.end_sample >= sent_up_to or word.end_sample == word.first_sample
                assert word.source.start >= source
                at, source = word.end_sample, word.source.end


def _check_cancels(call: Call) -> None:
    """Nothing of an epoch follows its cancel but one report."""
    spoken = {event.epoch for event in call.of(events.StopReport) if isinstance(event, events.StopReport)}
    cancelled: dict[int, events.Cancelled] = {}
    reported: set[int] = set()
    at = 0
    for sent in call.sent:
        match sent.event:
            case events.Cancelled():
                assert sent.event.epoch == sent.epoch
                if sent.epoch not in cancelled and sent.epoch in spoken:
                    assert sent.event.samples_sent == at
                first = cancelled.setdefault(sent.epoch, sent.event)
                assert sent.event == first or sent.epoch not in spoken  # a repeated one is answered alike
            case events.StopReport():
                assert sent.event.epoch == sent.epoch
                assert sent.event.epoch in cancelled
                assert sent.event.epoch not in reported
                assert sent.event.samples_sent == cancelled[sent.epoch].samples_sent
                reported.add(sent.epoch)
            case events.AudioSent():
                assert sent.epoch > max(cancelled, default=0)
                at = sent.event.first_sample + sent.event.sample_count
            case events.FragmentBegun() | events.WordsTimed() | events.Flushed():
                assert sent.epoch > max(cancelled, default=0)


def _check_end(call: Call) -> None:
    """The last event sums up all others."""
    finished = call.finished
    assert len(call.of(events.Finished)) == 1
    assert finished.sample_count == sum(frame.sample_count for frame in call.frames)
    assert (finished.first_chunk is None) == (not call.frames)
    told = [word for event in call.of(events.WordsTimed) for word in event.words]  # type: ignore[union-attr]  # by kind
    spans = {(word.source, word.first_sample) for word in told}
    for word in finished.words:
        # Times that are estimated may be dropped by a cancel, their sound being sent already.
        overtaken = word.quality is TimingQuality.ESTIMATED and call.of(events.Cancelled)
        assert (word.source, word.first_sample) in spans or overtaken
        assert word.end_sample <= finished.sample_count


def heard(call: Call, text: str, *, first: int = 0, end: int | None = None) -> list[str]:
    """Return the words that can be heard in a call's audio, told apart by those of `text`."""
    pcm = call.pcm[2 * first : None if end is None else 2 * end]
    return said(pcm, RATE, words(text))


def words(text: str) -> list[str]:
    """Return the words of a text as they sound: no punctuation."""
    return ["".join(filter(str.isalnum, word)) for word in text.split() if any(map(str.isalnum, word))]


def written(call: Call, text: str) -> list[str]:
    """Return the caller's own text of every word in the end's summary."""
    return [text[word.source.start : word.source.end] for word in call.finished.words]
