"""Callers of every road through Envoy, who check that they hear every word once."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

import grpc
import httpx2
from load.plan import Order, Plan, Road, orders, text_of

from parlando.speech.v1 import speech_pb2, speech_service_pb2_grpc
from parlando_kit.channels import open_channel
from parlando_kit.status import from_rpc_error
from parlando_kit.true_status import with_true_status
from tests.chaos.calls import BOUND_SECONDS, COMPLETED, STUCK, Call, FailedError
from tests.chaos.conversation import LOST, Conversation
from tests.chaos.listening import Listener, Report

TEXTS = tuple(text_of(words, random.Random(words)) for words in (6, 10, 16, 32))
"""From two seconds to more than the router lets lie ahead of playback over Realtime."""

_BUDGET_MS = 500
"""Over gRPC: little, so that an utterance is under way for as long as it lasts."""

_RATE = 24_000
_BYTES_A_SECOND = 48_000
TOLERANCE_SECONDS = 0.25
"""By how much an utterance may be longer or shorter than undisturbed.

How a text is cut into fragments follows how playback stands, and pauses move with it: 0.18 s was seen.
"""


Lengths = dict[tuple[Road, str], float]
"""Seconds of a text, spoken undisturbed by a road."""


class Callers:
    """Callers of one system.

    Args:
        address: "host:port" of the way in.
        lengths: seconds of each text, spoken undisturbed; empty while that is not known.

    Attributes:
        calls: all that were made, in the order in which they were due.
    """

    def __init__(
        self,
        address: str,
        channel: grpc.aio.Channel,
        http: httpx2.AsyncClient,
        lengths: dict[tuple[Road, str], float],
    ) -> None:
        self.calls: list[Call] = []
        self.conversations: list[Conversation] = []
        self._address = address
        self._speak = speech_service_pb2_grpc.SpeechServiceStub(channel).Speak
        self._http = http
        self._lengths = lengths
        self._free: list[Conversation] = []

    async def call(self, plan: Plan) -> None:
        """Make the calls of a plan, each when it is due, until cancelled; what was begun is finished."""
        began = time.monotonic()
        async with asyncio.TaskGroup() as tasks:
            try:
                for order in orders(plan):
                    due = began + order.due
                    await asyncio.sleep(max(due - time.monotonic(), 0.0))
                    text = random.Random(order.number).choice(TEXTS)
                    tasks.create_task(self.one(replace(order, text=text), due))
            except asyncio.CancelledError:
                return

    async def one(self, order: Order, due: float) -> Call:
        """Make a call, and return what became of it."""
        call = Call(order, due)
        self.calls.append(call)
        speak = {Road.GRPC: self._grpc, Road.HTTP: self._over_http, Road.REALTIME: self._realtime}[order.road]
        try:
            async with asyncio.timeout(BOUND_SECONDS):
                await speak(call)
            call.end(COMPLETED)
        except FailedError as error:
            call.end(str(error))
        except TimeoutError:
            call.end(STUCK)
        self._check_length(call)
        return call

    def _check_length(self, call: Call) -> None:
        key, heard = (call.order.road, call.order.text), call.playback.seconds
        usual = self._lengths.setdefault(key, heard) if call.well else self._lengths.get(key, heard)
        if heard > usual + TOLERANCE_SECONDS or (call.well and heard < usual - TOLERANCE_SECONDS):
            call.wrong += f" {call.order.road}: {call.playback.seconds:.2f} s in place of {usual:.2f} s"

    async def _grpc(self, call: Call) -> None:
        report = Report()
        listener = Listener(report, call.due, paced=True)
        settings = speech_pb2.SpeechSettings(language="en", playout_mode=speech_pb2.PLAYOUT_MODE_CLOCK)
        settings.playout_budget.FromMilliseconds(_BUDGET_MS)  # it is under way while it lasts
        stream = with_true_status(self._speak())
        failed: FailedError | None = None
        try:
            await stream.write(speech_pb2.SpeakRequest(epoch=1, open=speech_pb2.SpeakOpen(settings=settings)))
            await stream.write(
                speech_pb2.SpeakRequest(epoch=1, text=speech_pb2.SpeakText(text=call.order.text))
            )
            await stream.done_writing()
            async for response in stream:
                for event in response.events:
                    listener.hear(event)
                    if event.audio.sample_count:
                        call.heard(event.audio.sample_count / _RATE)
        except grpc.aio.AioRpcError as error:
            failed = FailedError(from_rpc_error(error).reason.value.lower())
        except asyncio.InvalidStateError:  # it ended while it was written to
            failed = FailedError((await stream.code()).name.lower())
        finally:
            stream.cancel()
        if failed is None:
            listener.check(call.order.text)
        else:
            listener.check_so_far(call.order.text)
        call.wrong = "; ".join(report.wrong)
        if failed is not None:
            raise failed

    async def _over_http(self, call: Call) -> None:
        """Have an order spoken: every other one with its words, which are checked; all by their length."""
        told = call.order.number % 2 == 1
        path = "/v1/audio/speech/timestamps" if told else "/v1/audio/speech"
        asked = {"input": call.order.text, "model": "tts-1", "voice": "alloy", "response_format": "pcm"}
        try:
            async with self._http.stream("POST", path, json=asked) as answer:
                if answer.status_code != 200:
                    await answer.aread()
                    raise FailedError(f"{answer.status_code} {_code(answer)}")
                if told:
                    await hear_lines(call, answer.aiter_lines())
                    return
                async for piece in answer.aiter_raw():
                    call.heard(len(piece) / _BYTES_A_SECOND)
        except httpx2.TransportError as error:
            raise FailedError("broken off" if call.playback.first_at else type(error).__name__) from None

    async def _realtime(self, call: Call) -> None:
        conversation = self._free.pop(0) if self._free else self._begun()
        whole = False
        try:
            await conversation.speak(call)
            whole = True
        except BaseException:
            with suppress(*LOST):
                await conversation.hang_up()
            raise
        finally:
            self._free.append(conversation)
            call.check_words(whole=whole)

    def _begun(self) -> Conversation:
        self.conversations.append(Conversation(self._address))
        return self.conversations[-1]


async def hear_lines(call: Call, lines: AsyncIterator[str]) -> None:
    """Hear an answer with words, each of which must be told once; where it breaks off, each up to there.

    Raises:
        FailedError: it says that no more follows.
    """
    whole = False
    try:
        async for line in lines:
            event = json.loads(line)
            match event["type"]:
                case "audio":
                    call.heard(event["audio_duration_ms"] / 1000)
                case "words":
                    call.told += [(word["source_start"], word["source_end"]) for word in event["words"]]
                case "error":
                    raise FailedError(str(event["error"]["code"]))
        whole = True
    finally:
        call.check_words(whole=whole)


def _code(answer: httpx2.Response) -> str:
    """Return our code of a refusal, or what whoever stands in front of us says."""
    try:
        return str(answer.json()["error"]["code"])
    except (ValueError, KeyError):
        return answer.text[:40]


@asynccontextmanager
async def calling(address: str, lengths: Lengths) -> AsyncIterator[Callers]:
    """Hold what callers of a system need; at the end their connections are closed."""
    async with (
        open_channel(address) as channel,
        httpx2.AsyncClient(base_url=f"http://{address}", timeout=BOUND_SECONDS) as http,
    ):
        callers = Callers(address, channel, http, lengths)
        try:
            yield callers
        finally:
            for conversation in callers.conversations:
                with suppress(*LOST):
                    await conversation.hang_up()
