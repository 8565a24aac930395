from __future__ import annotations

import threading
from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

import grpc
import pytest

from parlando.speech.v1 import speech_pb2
from parlando_client import (
    Audio,
    Cancelled,
    Client,
    Finished,
    Flushed,
    Heard,
    Money,
    SpeechError,
    Started,
    StopReport,
    TimingQuality,
    Words,
)

if TYPE_CHECKING:
    from tests.component.client.conftest import FakeSpeech

Context = grpc.ServicerContext


@pytest.fixture
def client(speech: FakeSpeech) -> Iterator[Client]:
    with Client(speech.address) as client:
        yield client


def endless(speech: FakeSpeech) -> None:
    """Let Say send one frame and then nothing, until the caller goes away."""

    def say(_: speech_pb2.SayRequest, _context: Context) -> Iterator[speech_pb2.SpeechEvent]:
        yield speech.started()
        yield from speech.sounding("one")
        assert speech.over.wait(20)

    speech.say = say


def test_say_returns_what_happens_in_order(client: Client, speech: FakeSpeech) -> None:
    utterance = client.say("Hello there", utterance_id="mine", voice="v", sample_rate_hz=16_000)
    events = list(utterance)
    assert utterance.utterance_id == "u"
    assert [type(event) for event in events] == [Started, Words, Audio, Finished]
    start, words, audio, end = events
    assert isinstance(start, Started)
    assert (start.engine, start.voice, start.ignored) == ("fake", "fake-1", ("emotion",))
    assert (start.format.codec, start.format.container, start.format.sample_rate_hz) == ("pcm", "raw", 16_000)
    assert isinstance(words, Words)
    assert [(word.text, word.start, word.quality) for word in words.words] == [
        ("Hello", 0, TimingQuality.EXACT),
        ("there", 6, TimingQuality.EXACT),
    ]
    assert isinstance(audio, Audio)
    assert (audio.sample_count, len(audio.data)) == (11 * 240, 11 * 480)
    assert isinstance(end, Finished)
    assert end.first_chunk is None
    (request,) = speech.said
    assert (request.text, request.utterance_id, request.settings.voice) == ("Hello there", "mine", "v")
    assert speech.over.wait(5)
    assert not speech.broken_off


def test_an_utterance_is_traced_in_its_callers_context(client: Client, speech: FakeSpeech) -> None:
    context = f"00-{'a' * 32}-{'b' * 16}-01"
    seen: list[str | bytes | None] = []

    def say(_: speech_pb2.SayRequest, called: Context) -> Iterator[speech_pb2.SpeechEvent]:
        seen.append(dict(called.invocation_metadata()).get("traceparent"))
        yield speech.finished(3)

    def speak(_: Iterator[speech_pb2.SpeakRequest], called: Context) -> Iterator[speech_pb2.SpeechEvent]:
        seen.append(dict(called.invocation_metadata()).get("traceparent"))
        yield speech.finished(0)

    speech.say, speech.speak = say, speak
    list(client.say("one", traceparent=context))
    with client.speak(traceparent=context) as live:
        live.end()
        list(live)
    list(client.say("one"))
    assert seen == [context, context, None]


def test_leaving_the_loop_cancels_the_call(client: Client, speech: FakeSpeech) -> None:
    endless(speech)
    utterance = client.say("one")
    for event in utterance:
        if isinstance(event, Audio):
            break
    assert speech.over.wait(10)
    assert speech.broken_off
    assert list(utterance) == []


def test_letting_go_cancels_the_call(client: Client, speech: FakeSpeech) -> None:
    endless(speech)
    assert isinstance(next(client.say("one")), Started)
    assert speech.over.wait(10)
    assert speech.broken_off


def test_an_error_in_a_with_block_cancels_the_call(client: Client, speech: FakeSpeech) -> None:
    endless(speech)

    def fail() -> None:
        with client.say("one") as utterance:
            next(utterance)
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert speech.over.wait(10)
    assert speech.broken_off


def test_closing_from_another_thread_ends_the_iteration(client: Client, speech: FakeSpeech) -> None:
    endless(speech)
    with client.say("one") as utterance:
        events = iter(utterance)
        while not isinstance(next(events), Audio):
            pass
        threading.Thread(target=utterance.close).start()
        assert list(events) == []
    assert speech.over.wait(10)


def test_a_refusal_carries_reason_field_and_time_to_wait(client: Client, speech: FakeSpeech) -> None:
    def say(_: speech_pb2.SayRequest, context: Context) -> Iterator[speech_pb2.SpeechEvent]:
        status = speech.refusal(
            grpc.StatusCode.RESOURCE_EXHAUSTED, "too busy: wait", "OVERLOADED", "settings.engine", 0.25
        )
        context.abort_with_status(status)

    speech.say = say
    with pytest.raises(SpeechError, match=r"^too busy: wait$") as raised:
        next(client.say("one"))
    error = raised.value
    assert (error.reason, error.field, error.retry_after) == ("OVERLOADED", "settings.engine", 0.25)


def test_a_status_of_another_maker_is_named(client: Client, speech: FakeSpeech) -> None:
    def say(_: speech_pb2.SayRequest, context: Context) -> Iterator[speech_pb2.SpeechEvent]:
        context.abort(grpc.StatusCode.PERMISSION_DENIED, "no entry")

    speech.say = say
    with pytest.raises(SpeechError, match="no entry") as raised:
        next(client.say("one"))
    assert (raised.value.reason, raised.value.field) == ("PERMISSION_DENIED", "")


def test_a_router_that_goes_away_is_told_from_one_that_is_not_there(
    client: Client, speech: FakeSpeech
) -> None:
    def say(_: speech_pb2.SayRequest, context: Context) -> Iterator[speech_pb2.SpeechEvent]:
        yield speech.started()
        context.abort(grpc.StatusCode.UNAVAILABLE, "")

    speech.say = say
    with pytest.raises(SpeechError, match="went away in the middle of the utterance"):
        list(client.say("one"))


def test_nobody_there_says_where_and_what_to_do() -> None:
    with Client("127.0.0.1:1") as client:
        with pytest.raises(SpeechError, match=r"no answer from 127\.0\.0\.1:1: .*`parlando up`") as raised:
            list(client.say("one"))
        assert raised.value.reason == "UNAVAILABLE"
        with pytest.raises(SpeechError, match=r"no answer from 127\.0\.0\.1:1"):
            client.list_voices()


def test_a_lone_surrogate_is_refused_before_anything_is_sent(client: Client, speech: FakeSpeech) -> None:
    with pytest.raises(ValueError, match="text has a lone surrogate at position 2"):
        client.say("ab\ud800")
    with pytest.raises(ValueError, match="text has a lone surrogate at position 0"):
        client.estimate_cost("\udfff")
    with client.speak() as utterance, pytest.raises(ValueError, match="position 1"):
        utterance.send("a\udc80b")
    assert speech.said == []


def test_a_growing_text_is_spoken_part_by_part(client: Client, speech: FakeSpeech) -> None:
    with client.speak(voice="v") as utterance:
        utterance.send("Good ")
        first = utterance.flush()
        for event in utterance:
            if isinstance(event, Flushed):
                assert event.flush_id == first
                break
        utterance.send("morning")
        utterance.end()
        rest = list(utterance)
    words = [word.text for event in rest if isinstance(event, Words) for word in event.words]
    assert words == ["morning"]
    assert isinstance(rest[-1], Finished)
    assert speech.over.wait(5)
    assert not speech.broken_off


def test_text_after_the_call_is_over_is_refused(client: Client, speech: FakeSpeech) -> None:
    def speak(_: Iterator[speech_pb2.SpeakRequest], _context: Context) -> Iterator[speech_pb2.SpeechEvent]:
        yield speech.started()
        yield speech.finished(0)

    speech.speak = speak
    with client.speak() as utterance:
        list(utterance)
        utterance.played(3)  # what is too late to matter is no error
        utterance.cancel()
        with pytest.raises(SpeechError, match="over") as raised:
            utterance.send("more")
        assert raised.value.reason == "OUT_OF_ORDER"
        utterance.end()


def test_a_cancel_is_answered_and_nothing_cancelled_is_returned(client: Client, speech: FakeSpeech) -> None:
    def speak(requests: Iterator[speech_pb2.SpeakRequest], _: Context) -> Iterator[speech_pb2.SpeechEvent]:
        yield speech.started()
        for request in requests:
            match request.WhichOneof("message"):
                case "text":
                    text = request.text.text
                    yield from speech.sounding(text, 4 * (request.epoch - 1), request.epoch)
                case "cancel":
                    yield from speech.sounding("late", 4, 1)  # was on its way when the cancel came
                    yield from speech.cancelled(1, 4 * 240)
                case "end":
                    break
        yield speech.finished(8)

    speech.speak = speak
    with client.speak() as utterance:
        utterance.send("one ")
        for event in utterance:
            if isinstance(event, Audio):
                break
        utterance.played(2 * 240)
        utterance.cancel()
        utterance.cancel()
        utterance.send("two")
        utterance.end()
        rest = list(utterance)
        assert [type(event) for event in rest] == [Cancelled, StopReport, Words, Audio, Finished]
        assert utterance.heard(3 * 240) == Heard("one", " two", TimingQuality.EXACT)
    stop = rest[1]
    assert isinstance(stop, StopReport)
    assert (stop.outcome, stop.idle_after, stop.fragments_dropped) == ("STOPPED", 0.0015, 2)
    sent = [(request.epoch, request.WhichOneof("message")) for request in speech.asked]
    assert sent == [(1, "open"), (1, "text"), (1, None), (1, "cancel"), (2, "open"), (2, "text"), (2, "end")]
    assert speech.asked[2].playback.samples_played == 480


def test_what_arrived_together_is_dropped_where_it_is_cancelled_in_between(client: Client) -> None:
    with client.speak() as utterance:
        utterance.send("one ")
        for event in utterance:
            if isinstance(event, Words):  # the audio is in the same message
                break
        utterance.cancel()
        utterance.end()
        assert [type(event) for event in utterance] == [Cancelled, StopReport, Finished]


def test_leaving_the_block_cancels_a_growing_text(client: Client, speech: FakeSpeech) -> None:
    with client.speak() as utterance:
        utterance.send("one")
        next(utterance)
    assert speech.over.wait(10)
    assert speech.broken_off
    assert next(utterance, None) is None
    with pytest.raises(SpeechError, match="over"):
        utterance.send("more")


def test_text_may_be_sent_from_another_thread(client: Client) -> None:
    with client.speak() as utterance:

        def write() -> None:
            for _ in range(100):
                utterance.send("word ")
            utterance.end()

        writer = threading.Thread(target=write)
        writer.start()
        words = [word.text for event in utterance if isinstance(event, Words) for word in event.words]
        writer.join()
    assert words == ["word"] * 100


def test_voices_engines_and_costs_are_listed(client: Client) -> None:
    voices = client.list_voices()
    assert [(voice.id, voice.engine, voice.gender) for voice in voices] == [
        ("b", "fake", ""),
        ("c", "other", "female"),
    ]
    assert voices[0].languages == ("en-GB", "en")
    assert [voice.id for voice in client.list_voices(engine="other")] == ["c"]
    (engine,) = client.list_engines()
    assert (engine.name, engine.primary) == ("fake", True)
    assert [(replica.serving, replica.detail) for replica in engine.replicas] == [
        (True, ""),
        (False, "model files are missing"),
    ]
    estimate = client.estimate_cost("four")
    assert estimate.cost == Money("USD", Decimal("1.25"))
    assert (estimate.characters, estimate.audio) == (4, 1.5)


def test_a_pronunciation_has_the_words_of_the_text(client: Client) -> None:
    told = client.phonemize("word", engine="fake")
    assert (told.engine, told.voice, told.phonemes) == ("fake", "b", "wɔd")
    assert [(word.text, word.start, word.end, word.phonemes) for word in told.words] == [
        ("word", 0, 4, "wɔd")
    ]
    with pytest.raises(ValueError, match="text"):
        client.phonemize("\ud800")
