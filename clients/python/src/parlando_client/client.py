"""The synchronous client."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Self, TypeVar, Unpack

import grpc

from parlando.admin.v1 import admin_service_pb2_grpc
from parlando.speech.v1 import speech_service_pb2_grpc
from parlando_client import requests
from parlando_client.catalogue import CostEstimate, Engine, Pronunciation, Voice, VoicePreview
from parlando_client.channel import CHANNEL_OPTIONS, DEFAULT_ADDRESS
from parlando_client.delivery import Delivery
from parlando_client.errors import from_rpc_error
from parlando_client.outgoing import Outgoing
from parlando_client.speak_protocol import SpeakProtocol
from parlando_client.utterance import LiveUtterance, Utterance
from parlando_client.voice_requests import (
    SECONDS,
    VoiceTerms,
    delete_voice,
    mix_voice,
    update_voice,
    upload_voice,
)

_Response = TypeVar("_Response")


class Client:
    """Speaks through a Parlando router. Threads may share one.

    Args:
        address: "host:port" of the router, or any gRPC target.
        timeout: seconds that a call which does not speak may take.
    """

    def __init__(self, address: str = DEFAULT_ADDRESS, *, timeout: float = 10.0) -> None:
        self._address = address
        self._timeout = timeout
        self._channel = grpc.insecure_channel(address, options=CHANNEL_OPTIONS)
        self._stub = speech_service_pb2_grpc.SpeechServiceStub(self._channel)
        self._admin = admin_service_pb2_grpc.AdminServiceStub(self._channel)

    def say(
        self, text: str, *, utterance_id: str = "", traceparent: str = "", **how: Unpack[Delivery]
    ) -> Utterance:
        """Speak a whole text: up to 100,000 code points.

        Args:
            text: the words.
            utterance_id: 1 to 64 characters; "" lets the router mint one.
            traceparent: W3C trace context that the utterance is traced in; "" begins a trace.
            how: see `Delivery`.

        Raises:
            ValueError: an argument that cannot be sent, by name; a lone surrogate in the text, by position.
        """
        request, transcript = requests.say(text, utterance_id, how)
        call = self._stub.Say(request, metadata=requests.context(traceparent))
        return Utterance(call, transcript, self._address)

    def speak(
        self, *, utterance_id: str = "", traceparent: str = "", **how: Unpack[Delivery]
    ) -> LiveUtterance:
        """Speak a text while it is still being written. Arguments as in `say`."""
        protocol = SpeakProtocol(utterance_id, how)
        outgoing = Outgoing()
        outgoing.put(protocol.open())
        call = self._stub.Speak(outgoing, metadata=requests.context(traceparent))
        return LiveUtterance(call, protocol, outgoing, self._address)

    def list_voices(
        self,
        *,
        language: str = "",
        engine: str = "",
        gender: str = "",
        text: str = "",
        cloned: bool | None = None,
    ) -> list[Voice]:
        """Return the voices there are, sorted by engine and id.

        Args:
            language: BCP 47 tag; only voices that speak it ("en" also matches "en-GB").
            engine: only this engine's.
            gender: "female", "male" or "neutral"; only voices of that.
            text: only voices with this in their id, an alias, their name or their description.
            cloned: only voices made from a recording, or only others; None: all.

        Raises:
            ValueError: the gender is none.
            SpeechError: the call failed.
        """
        answer = self._ask(
            self._stub.ListVoices, requests.list_voices(language, engine, gender, text, cloned=cloned)
        )
        return [Voice.read(voice) for voice in answer.voices]

    def preview_voice(self, voice: str, *, engine: str = "") -> VoicePreview:
        """Return a short sentence by a voice, in its own language where there is one.

        Args:
            voice: its id or alias, or a mix in its engine's notation.
            engine: its engine; "" is the one that has it.

        Raises:
            SpeechError: the call failed; VOICE_NOT_FOUND.
        """
        request = requests.preview_voice(voice, engine)
        return VoicePreview.read(self._ask(self._stub.PreviewVoice, request, SECONDS))

    def add_voice(
        self,
        clip: bytes,
        *,
        name: str,
        language: str,
        licence: str,
        consent: str,
        **terms: Unpack[VoiceTerms],
    ) -> Voice:
        """Clone a voice from a recording, on every replica of its engine.

        Args:
            clip: a WAV or FLAC file of 5 to 30 s in which one person speaks.
            name: what people are to call it.
            language: BCP 47 tag of what is spoken in the recording.
            licence: under which the voice may be used.
            consent: who agreed to the cloning, and how that is known.
            terms: see `VoiceTerms`.

        Raises:
            SpeechError: the call failed; `field` is "chunk" where the recording is at fault.
        """
        messages = upload_voice(clip, name=name, language=language, licence=licence, consent=consent, **terms)
        return Voice.read((self._ask(self._admin.UploadVoice, messages, SECONDS)).voice)

    def mix_voice(self, mix: str, *, name: str, **terms: Unpack[VoiceTerms]) -> Voice:
        """Keep a mix of an engine's voices as a voice of its own.

        Args:
            mix: what it is mixed of, in the engine's notation: "af_bella(2)+af_sky(1)".
            name: what people are to call it.
            terms: see `VoiceTerms`.

        Raises:
            SpeechError: the call failed; NOT_SUPPORTED where the engine mixes none.
        """
        request = mix_voice(mix=mix, name=name, **terms)
        return Voice.read((self._ask(self._admin.MixVoice, request, SECONDS)).voice)

    def update_voice(
        self,
        voice: str,
        *,
        engine: str = "",
        name: str = "",
        language: str = "",
        licence: str = "",
        description: str = "",
    ) -> Voice:
        """Change what is said of a voice that was uploaded or mixed; what is left out stays.

        Raises:
            SpeechError: the call failed; NOT_SUPPORTED for voices that came with an engine.
        """
        request = update_voice(
            voice, language, engine=engine, name=name, licence=licence, description=description
        )
        return Voice.read((self._ask(self._admin.UpdateVoice, request, SECONDS)).voice)

    def remove_voice(self, voice: str, *, engine: str = "") -> None:
        """Remove a voice that was uploaded or mixed.

        Raises:
            SpeechError: the call failed; NOT_SUPPORTED for voices that came with an engine.
        """
        self._ask(self._admin.DeleteVoice, delete_voice(voice, engine), SECONDS)

    def list_engines(self, **how: Unpack[Delivery]) -> list[Engine]:
        """Return the engines there are, in the order in which they would be asked.

        Arguments as in `say`: voice, engine and language decide who is asked.

        Raises:
            ValueError: as `say`.
            SpeechError: the call failed.
        """
        answer = self._ask(self._stub.ListEngines, requests.list_engines(how))
        return [Engine.read(engine) for engine in answer.engines]

    def estimate_cost(self, text: str, **how: Unpack[Delivery]) -> CostEstimate:
        """Return what a text would cost, without speaking it. Arguments as in `say`.

        Raises:
            ValueError: as `say`.
            SpeechError: the call failed.
        """
        return CostEstimate.read(self._ask(self._stub.EstimateCost, requests.estimate_cost(text, how)))

    def phonemize(self, text: str, **how: Unpack[Delivery]) -> Pronunciation:
        """Return how a text would be pronounced, without speaking it. Arguments as in `say`.

        Raises:
            ValueError: as `say`.
            SpeechError: the call failed; NOT_SUPPORTED where no engine tells.
        """
        return Pronunciation.read(self._ask(self._stub.Phonemize, requests.phonemize(text, how)), text)

    def close(self) -> None:
        """Close the connection; utterances under way are cancelled. Idempotent."""
        self._channel.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _ask(
        self,
        method: Callable[..., _Response],
        request: object,
        timeout: float | None = None,
    ) -> _Response:
        try:
            return method(request, timeout=timeout or self._timeout)
        except grpc.RpcError as error:
            raise from_rpc_error(error, self._address) from None
