"""The asynchronous client."""

from __future__ import annotations

from collections.abc import Awaitable
from types import TracebackType
from typing import Self, TypeVar, Unpack

import grpc

from parlando.admin.v1 import admin_service_pb2_grpc
from parlando.speech.v1 import speech_service_pb2_grpc
from parlando_client import requests
from parlando_client.aio_outgoing import AsyncOutgoing
from parlando_client.aio_utterance import AsyncLiveUtterance, AsyncUtterance
from parlando_client.catalogue import CostEstimate, Engine, Pronunciation, Voice, VoicePreview
from parlando_client.channel import CHANNEL_OPTIONS, DEFAULT_ADDRESS
from parlando_client.delivery import Delivery
from parlando_client.errors import from_rpc_error
from parlando_client.speak_protocol import SpeakProtocol
from parlando_client.true_status import with_true_status
from parlando_client.voice_requests import (
    SECONDS,
    VoiceTerms,
    delete_voice,
    mix_voice,
    update_voice,
    upload_voice,
)

_Response = TypeVar("_Response")


class AsyncClient:
    """Speaks through a Parlando router, from one event loop.

    Args:
        address: "host:port" of the router, or any gRPC target.
        timeout: seconds that a call which does not speak may take.
    """

    def __init__(self, address: str = DEFAULT_ADDRESS, *, timeout: float = 10.0) -> None:  # of each call
        self._address = address
        self._timeout = timeout
        self._channel = grpc.aio.insecure_channel(address, options=CHANNEL_OPTIONS)
        self._stub = speech_service_pb2_grpc.SpeechServiceStub(self._channel)
        self._admin = admin_service_pb2_grpc.AdminServiceStub(self._channel)

    def say(
        self, text: str, *, utterance_id: str = "", traceparent: str = "", **how: Unpack[Delivery]
    ) -> AsyncUtterance:
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
        return AsyncUtterance(
            self._stub.Say(request, metadata=requests.context(traceparent)), transcript, self._address
        )

    def speak(
        self, *, utterance_id: str = "", traceparent: str = "", **how: Unpack[Delivery]
    ) -> AsyncLiveUtterance:
        """Speak a text while it is still being written. Arguments as in `say`."""
        protocol = SpeakProtocol(utterance_id, how)
        outgoing = AsyncOutgoing()
        outgoing.put(protocol.open())
        call = with_true_status(self._stub.Speak(outgoing, metadata=requests.context(traceparent)))
        return AsyncLiveUtterance(call, protocol, outgoing, self._address)

    async def list_voices(
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
        call = self._stub.ListVoices(
            requests.list_voices(language, engine, gender, text, cloned=cloned), timeout=self._timeout
        )
        return [Voice.read(voice) for voice in (await self._answer(call)).voices]

    async def preview_voice(self, voice: str, *, engine: str = "") -> VoicePreview:
        """Return a short sentence by a voice; see `Client.preview_voice`."""
        request = requests.preview_voice(voice, engine)
        return VoicePreview.read(await self._answer(self._stub.PreviewVoice(request, timeout=SECONDS)))

    async def add_voice(
        self,
        clip: bytes,
        *,
        name: str,
        language: str,
        licence: str,
        consent: str,
        **terms: Unpack[VoiceTerms],
    ) -> Voice:
        """Clone a voice from a recording; see `Client.add_voice`."""
        messages = upload_voice(clip, name=name, language=language, licence=licence, consent=consent, **terms)
        return Voice.read((await self._answer(self._admin.UploadVoice(messages, timeout=SECONDS))).voice)

    async def mix_voice(self, mix: str, *, name: str, **terms: Unpack[VoiceTerms]) -> Voice:
        """Keep a mix as a voice; see `Client.mix_voice`."""
        request = mix_voice(mix=mix, name=name, **terms)
        return Voice.read((await self._answer(self._admin.MixVoice(request, timeout=SECONDS))).voice)

    async def update_voice(
        self,
        voice: str,
        *,
        engine: str = "",
        name: str = "",
        language: str = "",
        licence: str = "",
        description: str = "",
    ) -> Voice:
        """Change what is said of a voice; see `Client.update_voice`."""
        request = update_voice(
            voice, language, engine=engine, name=name, licence=licence, description=description
        )
        return Voice.read((await self._answer(self._admin.UpdateVoice(request, timeout=SECONDS))).voice)

    async def remove_voice(self, voice: str, *, engine: str = "") -> None:
        """Remove a voice; see `Client.remove_voice`."""
        await self._answer(self._admin.DeleteVoice(delete_voice(voice, engine), timeout=SECONDS))

    async def list_engines(self, **how: Unpack[Delivery]) -> list[Engine]:
        """Return the engines there are, in the order in which they would be asked.

        Arguments as in `say`: voice, engine and language decide who is asked.

        Raises:
            ValueError: as `say`.
            SpeechError: the call failed.
        """
        call = self._stub.ListEngines(requests.list_engines(how), timeout=self._timeout)
        return [Engine.read(engine) for engine in (await self._answer(call)).engines]

    async def estimate_cost(self, text: str, **how: Unpack[Delivery]) -> CostEstimate:
        """Return what a text would cost, without speaking it. Arguments as in `say`.

        Raises:
            ValueError: as `say`.
            SpeechError: the call failed.
        """
        call = self._stub.EstimateCost(requests.estimate_cost(text, how), timeout=self._timeout)
        return CostEstimate.read(await self._answer(call))

    async def phonemize(self, text: str, **how: Unpack[Delivery]) -> Pronunciation:
        """Return how a text would be pronounced, without speaking it. Arguments as in `say`.

        Raises:
            ValueError: as `say`.
            SpeechError: the call failed; NOT_SUPPORTED where no engine tells.
        """
        call = self._stub.Phonemize(requests.phonemize(text, how), timeout=self._timeout)
        return Pronunciation.read(await self._answer(call), text)

    async def close(self) -> None:
        """Close the connection; utterances under way are cancelled. Idempotent."""
        await self._channel.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def _answer(self, call: Awaitable[_Response]) -> _Response:
        try:
            return await call
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error, self._address) from None
