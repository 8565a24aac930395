"""The shell of one Realtime connection: it reads, speaks and writes what the protocol core says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from contextlib import aclosing
from typing import Any, Protocol

from opentelemetry.trace import StatusCode

from parlando_edge.barge_in.room import Room
from parlando_edge.catalogue import Catalogue
from parlando_edge.instruments import Instruments
from parlando_edge.ports import Speaker, SpeechSettings, Started
from parlando_edge.realtime.keeper import SessionKeeper
from parlando_edge.realtime.lifetime import Lifetime
from parlando_edge.realtime.listening import Listening
from parlando_edge.realtime.outgoing import Outgoing
from parlando_edge.realtime.outputs import (
    DropAudio,
    Emit,
    EndText,
    Flush,
    Listen,
    Output,
    Speak,
    StopSpeaking,
    Write,
)
from parlando_edge.realtime.playback import Playback
from parlando_edge.realtime.protocol import RealtimeProtocol
from parlando_edge.realtime.speaking import Speaking
from parlando_kit.clock import Clock
from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.queues import QueueClosed
from parlando_kit.tasks import letting_go

GOING_AWAY, RESTART = 1001, 1012
"""Close codes of an end that goes away, and of a service that restarts (IANA's registry of them)."""


class Socket(Protocol):
    """A WebSocket that was accepted."""

    async def receive(self) -> str | bytes | None:
        """Return the next message, or None once the client has gone."""
        ...

    async def send(self, text: str) -> None:
        """Send a message. SLOW_READER as ParlandoError when the client takes nothing for too long."""
        ...

    async def close(self, code: int, reason: str) -> None:
        """Close the connection; `receive` then returns None."""
        ...


class RealtimeConnection:
    """Runs one connection until its client goes.

    Args:
        socket: the client.
        protocol: the core, in its first state.
        speaker: the router.
        catalogue: resolves stock names of voices.
        keeper: remembers the session.
        lifetime: how long it may last.
        room: hears the client's user.
        clock: measures the first chunk, and what was played.
        instruments: are told of it.
    """

    def __init__(
        self,
        socket: Socket,
        protocol: RealtimeProtocol,
        *,
        speaker: Speaker,
        catalogue: Catalogue,
        keeper: SessionKeeper,
        lifetime: Lifetime,
        room: Room,
        clock: Clock,
        instruments: Instruments,
    ) -> None:
        self._socket = socket
        self._protocol = protocol
        self._speaker = speaker
        self._catalogue = catalogue
        self._keeper = keeper
        self._clock = clock
        self._instruments = instruments
        self._outgoing = Outgoing()
        self._lifetime = lifetime
        self._closing = (RESTART, "the service restarts: connect again")
        self._room = room
        self._listening: Listening | None = None  # until the client sends audio
        self._playback = Playback(clock)
        self._voices: dict[str, Speaking] = {}
        self._latest: Speaking | None = None
        self._quiet = asyncio.Event()
        self._group = asyncio.TaskGroup()
        self._running: set[asyncio.Task[None]] = set()

    async def run(self, draining: asyncio.Event) -> None:
        """Run until the client has gone, or the service drains and nothing is being spoken.

        Raises:
            ParlandoError: SLOW_READER, in a group, when the client does not read.
        """
        try:
            async with self._group:
                self._start(self._write())
                self._start(self._leave(draining))
                self._start(self._expire())
                self._perform(self._protocol.begin())
                while (message := await self._socket.receive()) is not None:
                    self._lifetime.use()
                    self._perform(self._protocol.receive(message))
                    if self._listening is not None:
                        await self._listening.room()
                for task in self._running:
                    if not task.cancelling():
                        task.cancel()
        finally:
            for output in self._protocol.end():
                self._do(output)
            # A connection refers to itself, and so is freed long after.
            self._outgoing.clear()

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = self._group.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    def _perform(self, outputs: list[Output]) -> None:
        """Carry out what the core says, in one go: nothing of another step comes in between."""
        for output in outputs:
            self._do(output)
        if self._protocol.speaking:
            self._quiet.clear()
        else:
            self._quiet.set()

    def _do(self, output: Output) -> None:
        match output:
            case Emit():
                self._outgoing.put(output)
            case Speak():
                self._begin(output)
            case Write(response_id) | Flush(response_id) | EndText(response_id):
                if response_id in self._voices:
                    self._voices[response_id].tell(output, self._clock.now())
            case StopSpeaking(response_id):
                if response_id in self._voices:
                    self._stop(self._voices[response_id])
            case Listen():
                if self._listening is None:
                    self._listening = Listening(self._room.listener())
                    self._start(self._listen(self._listening))
                self._listening.put(output, audible=self._playback.audible)
            case DropAudio(response_id):
                self._drop(response_id)
            case _:
                self._keeper.put(output)

    def _begin(self, order: Speak) -> None:
        voice = Speaking(order.response_id, self._clock.now() if order.text else None)
        self._latest = self._voices[order.response_id] = voice
        if order.answer is not None:
            voice.answer(self._start(self._answer(order.response_id, order.answer)))
        self._start(self._respond(order, voice))

    async def _respond(self, order: Speak, voice: Speaking) -> None:
        # A cancel comes through frames that refer to this task, which keeps how it ended.
        with self._instruments.response(order.response_id) as voice.span, letting_go():
            try:
                await self._speak(order, voice)
            finally:
                await voice.answer_over()

    async def _answer(self, response_id: str, answer: AsyncGenerator[str, None]) -> None:
        try:
            with letting_go():  # as a response
                async with aclosing(answer):
                    async for piece in answer:
                        self._perform(self._protocol.answered(response_id, piece))
            self._perform(self._protocol.answer_ended(response_id))
        except ParlandoError as error:
            self._perform(self._protocol.answer_failed(response_id, error))

    async def _speak(self, order: Speak, voice: Speaking) -> None:
        failure = await self._spoken(order, voice)
        # Where the speech came to its end, the core has closed the response and this changes nothing.
        self._perform(self._protocol.speech_failed(order.response_id, failure))

    async def _spoken(self, order: Speak, voice: Speaking) -> ParlandoError:
        """Have a response spoken, and return what to say of it where the core has not closed it."""
        # Returned, not kept in a variable: an error refers to the frames it came through, and they to that.
        try:
            settings = await self._catalogue.resolve(order.settings)
            if order.answer is not None:
                await voice.worded()
            if not voice.stopped:  # or there is nothing to ask of the router
                await self._utter(order, voice, settings)
        except ParlandoError as failed:
            voice.span.set_status(StatusCode.ERROR, failed.reason)
            return failed
        except TimeoutError:  # the router did not end what was cancelled
            pass
        finally:
            del self._voices[order.response_id]
        return ParlandoError(Reason.ENGINE_FAILED, "the speech broke off")

    async def _utter(self, order: Speak, voice: Speaking, settings: SpeechSettings) -> None:
        async with (
            asyncio.timeout(None) as limit,
            self._speaker.speak(settings) as utterance,
        ):
            if order.answer is None:
                utterance.write(order.text)
            voice.begin(utterance, limit)
            async for event in utterance:
                if isinstance(event, Started):
                    voice.engine = event.engine
                self._perform(self._protocol.speech(order.response_id, event))
                await self._outgoing.room()  # or no more is read: what waits in the router is bounded there
        if voice.cancelled_at is not None:  # the router ends a call once the engines are idle
            self._instruments.engine_idle(self._clock.now() - voice.cancelled_at, voice.engine, voice.span)

    async def _listen(self, listening: Listening) -> None:
        while True:
            try:
                edges = await listening.next()
            except ParlandoError as error:
                self._perform(self._protocol.deaf(error))
                continue
            for edge in edges:
                self._perform(self._protocol.user(edge))

    async def _write(self) -> None:
        while True:
            try:
                message = await self._outgoing.get()
            except QueueClosed:
                await self._socket.close(*self._closing)
                return
            voice = self._latest
            if voice is None or voice.response_id != message.audio_of:
                await self._socket.send(message.text)
            else:
                voice.leaving = True
                await self._socket.send(message.text)
                self._left(voice)
            self._outgoing.taken()
            if message.seconds:
                self._playback.sent(message.seconds)

    def _left(self, voice: Speaking) -> None:
        """Note that audio of a response has left."""
        now = self._clock.now()
        voice.leaving = False
        if not voice.sounded and voice.text_at is not None:
            self._instruments.first_chunk(now - voice.text_at, voice.engine, voice.span)
        voice.sounded = True
        if voice.cancelled_at is not None:
            self._instruments.last_byte(now - voice.cancelled_at, voice.engine, voice.span)

    def _drop(self, response_id: str) -> None:
        """Forget the audio of a cancelled response that still waits."""
        if response_id in self._voices:
            self._voices[response_id].cancelled_at = self._clock.now()
        self._playback.stopped()
        self._protocol.dropped(response_id, self._outgoing.drop_audio(response_id))

    def _stop(self, voice: Speaking) -> None:
        """Have a response stopped. Of a cancelled one, the last audio has left, or is leaving."""
        voice.stop()
        if voice.cancelled_at is not None and not voice.leaving:
            self._instruments.last_byte(0.0, voice.engine, voice.span)

    async def _expire(self) -> None:
        error = await self._lifetime.over(lambda: self._protocol.speaking)
        self._closing = (GOING_AWAY, error.message)
        self._perform(self._protocol.expire(error))
        self._outgoing.close()  # what waits there is still sent

    async def _leave(self, draining: asyncio.Event) -> None:
        await draining.wait()
        await self._quiet.wait()
        self._outgoing.close()  # what waits there is still sent
