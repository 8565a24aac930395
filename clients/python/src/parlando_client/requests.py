"""Requests of the unary calls, and of Say."""

from __future__ import annotations

from parlando.speech.v1 import speech_pb2
from parlando.synth.v1 import synth_pb2
from parlando_client.delivery import Delivery, settings_message
from parlando_client.text import check_text
from parlando_client.transcript import Transcript

_GENDERS = {
    "": synth_pb2.VOICE_GENDER_UNSPECIFIED,
    "female": synth_pb2.VOICE_GENDER_FEMALE,
    "male": synth_pb2.VOICE_GENDER_MALE,
    "neutral": synth_pb2.VOICE_GENDER_NEUTRAL,
}


def say(text: str, utterance_id: str, how: Delivery) -> tuple[speech_pb2.SayRequest, Transcript]:
    """Return a request to speak a whole text, and the transcript that reads its answers.

    Raises:
        ValueError: see `settings_message`.
    """
    check_text(text, "text")
    check_text(utterance_id, "utterance_id")
    request = speech_pb2.SayRequest(text=text, settings=settings_message(how), utterance_id=utterance_id)
    transcript = Transcript()
    transcript.open(1)
    transcript.append(text)
    return request, transcript


def list_voices(
    language: str, engine: str, gender: str, text: str, *, cloned: bool | None
) -> speech_pb2.ListVoicesRequest:
    """Return a request for voices.

    Raises:
        ValueError: the gender is none, or an argument cannot be sent.
    """
    for name, value in (("language", language), ("engine", engine), ("text", text)):
        check_text(value, name)
    if gender not in _GENDERS:
        raise ValueError(f"gender is none of female, male and neutral: {gender!r}")
    request = speech_pb2.ListVoicesRequest(
        language=language, engine=engine, gender=_GENDERS[gender], text=text
    )
    if cloned is not None:
        request.cloned = cloned
    return request


def preview_voice(voice: str, engine: str) -> speech_pb2.PreviewVoiceRequest:
    """Return a request for what a voice sounds like."""
    check_text(voice, "voice")
    check_text(engine, "engine")
    return speech_pb2.PreviewVoiceRequest(engine=engine, voice=voice)


def list_engines(how: Delivery) -> speech_pb2.ListEnginesRequest:
    """Return a request for engines, in the order in which they are asked for this."""
    return speech_pb2.ListEnginesRequest(settings=settings_message(how))


def estimate_cost(text: str, how: Delivery) -> speech_pb2.EstimateCostRequest:
    """Return a request for what a text would cost."""
    check_text(text, "text")
    return speech_pb2.EstimateCostRequest(text=text, settings=settings_message(how))


def phonemize(text: str, how: Delivery) -> speech_pb2.PhonemizeRequest:
    """Return a request for how a text would be pronounced."""
    check_text(text, "text")
    return speech_pb2.PhonemizeRequest(text=text, settings=settings_message(how))


def context(traceparent: str) -> tuple[tuple[str, str], ...] | None:
    """Return the metadata that puts a call into a trace; None where "" begins one."""
    return (("traceparent", traceparent),) if traceparent else None
