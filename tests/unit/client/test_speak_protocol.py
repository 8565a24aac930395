from __future__ import annotations

import pytest

from parlando.audio.v1 import audio_pb2
from parlando.speech.v1 import speech_pb2
from parlando_client.delivery import Delivery
from parlando_client.errors import SpeechError
from parlando_client.events import Audio, Cancelled, Words
from parlando_client.speak_protocol import SpeakProtocol
from parlando_client.text import MAX_MESSAGE


def kinds(requests: list[speech_pb2.SpeakRequest]) -> list[tuple[int, str | None]]:
    return [(request.epoch, request.WhichOneof("message")) for request in requests]


def opened() -> SpeakProtocol:
    protocol = SpeakProtocol("", Delivery())
    protocol.open()
    return protocol


def audio(epoch: int) -> speech_pb2.SpeechEvent:
    return speech_pb2.SpeechEvent(epoch=epoch, audio=speech_pb2.AudioFrame(data=b"\0\0", sample_count=1))


def test_the_opener_carries_the_settings_and_the_id() -> None:
    (opener,) = SpeakProtocol("u-1", Delivery(voice="v")).open()
    assert opener.epoch == 1
    assert opener.open.utterance_id == "u-1"
    assert opener.open.settings.voice == "v"


def test_text_is_sent_in_parts_that_add_up() -> None:
    text = "x" * (2 * MAX_MESSAGE) + "yz"
    requests = opened().send(text)
    assert [len(request.text.text) for request in requests] == [MAX_MESSAGE, MAX_MESSAGE, 2]
    assert "".join(request.text.text for request in requests) == text


def test_text_after_a_cancel_opens_the_next_epoch() -> None:
    protocol = opened()
    protocol.send("one")
    assert kinds(protocol.cancel()) == [(1, "cancel")]
    assert protocol.cancel() == []
    assert kinds(protocol.send("two")) == [(2, "open"), (2, "text")]
    assert kinds(protocol.send("three")) == [(2, "text")]


def test_a_flush_after_a_cancel_opens_the_next_epoch_too() -> None:
    protocol = opened()
    protocol.cancel()
    flush_id, requests = protocol.flush()
    assert kinds(requests) == [(2, "open"), (2, "flush")]
    assert requests[1].flush.id == flush_id


def test_flushes_have_ids_of_their_own() -> None:
    protocol = opened()
    assert protocol.flush()[0] != protocol.flush()[0]


def test_playback_rides_on_a_message_of_its_own() -> None:
    (request,) = opened().played(480)
    assert request.WhichOneof("message") is None
    assert request.playback.samples_played == 480


@pytest.mark.parametrize("method", ["text", "flush", "open"])
def test_after_end_there_is_no_more_to_say(method: str) -> None:
    protocol = opened()
    assert kinds(protocol.end()) == [(1, "end")]
    assert protocol.end() == []
    with pytest.raises(SpeechError) as raised:
        {"text": lambda: protocol.send("more"), "flush": protocol.flush, "open": protocol.open}[method]()
    assert raised.value.reason == "OUT_OF_ORDER"
    assert raised.value.field == method


def test_after_end_a_cancel_is_still_sent() -> None:
    protocol = opened()
    protocol.end()
    assert kinds(protocol.cancel()) == [(1, "cancel")]


def test_audio_of_a_cancelled_epoch_is_dropped_and_its_answers_are_not() -> None:
    protocol = opened()
    assert isinstance(protocol.read(audio(1)), Audio)
    protocol.cancel()
    assert protocol.read(audio(1)) is None
    words = speech_pb2.SpeechEvent(epoch=1, words=speech_pb2.SpeechWords())
    assert protocol.read(words) is None
    fragment = speech_pb2.SpeechEvent(epoch=1, fragment=speech_pb2.FragmentBegun())
    assert protocol.read(fragment) is None
    answer = speech_pb2.SpeechEvent(epoch=1, cancelled=speech_pb2.SpeechCancelled(epoch=1, samples_sent=9))
    assert protocol.read(answer) == Cancelled(epoch=1, samples_sent=9)
    protocol.send("again")
    assert isinstance(protocol.read(audio(2)), Audio)


def test_opening_the_next_epoch_cancels_the_one_before() -> None:
    protocol = opened()
    protocol.open()
    assert protocol.read(audio(1)) is None
    assert isinstance(protocol.read(audio(2)), Audio)


def test_an_event_of_a_later_version_is_passed_over() -> None:
    assert opened().read(speech_pb2.SpeechEvent(epoch=1)) is None


def test_words_are_cut_from_the_text_of_every_epoch() -> None:
    protocol = opened()
    protocol.send("Stop that. ")
    protocol.cancel()
    protocol.send("Héllo")
    protocol.send(" there")
    timing = audio_pb2.WordTiming(source=audio_pb2.SourceSpan(start=11, end=16), sample_count=5)
    event = protocol.read(speech_pb2.SpeechEvent(epoch=2, words=speech_pb2.SpeechWords(words=[timing])))
    assert isinstance(event, Words)
    assert [word.text for word in event.words] == ["Héllo"]
