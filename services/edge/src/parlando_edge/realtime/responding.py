"""The responses of one session: the active one, and those that the router is still stopping."""

from __future__ import annotations

from collections.abc import Iterator

from parlando_edge.dialogue import LONGEST_TEXT
from parlando_edge.openai_errors import NamedError
from parlando_edge.ports import (
    AudioMade,
    Finished,
    Flushed,
    FragmentBegun,
    SpeechEvent,
    Started,
    Stopped,
    WordsTimed,
)
from parlando_edge.realtime.conversation import Conversation, Item, document_of
from parlando_edge.realtime.emitter import Emitter
from parlando_edge.realtime.hearing import heard_item
from parlando_edge.realtime.outputs import (
    DropAudio,
    EndText,
    Flush,
    KeepTurn,
    Output,
    Speak,
    StopSpeaking,
    Write,
)
from parlando_edge.realtime.request import Request
from parlando_edge.realtime.response import Response, Status
from parlando_edge.session_ports import Turn
from parlando_kit.errors import ParlandoError, Reason


class Responding:
    """A strict state machine: at most one response is active, and each is closed once.

    Args:
        conversation: takes the items that are spoken.
        emitter: makes outputs of events.
    """

    def __init__(self, conversation: Conversation, emitter: Emitter) -> None:
        self.active: Response | None = None
        self._stopped: dict[str, Response] = {}
        self._conversation = conversation
        self._emitter = emitter

    def require_idle(self) -> None:
        """Refuse a second response.

        Raises:
            NamedError: one is being spoken.
        """
        if self.active is not None:
            raise NamedError(
                Reason.OUT_OF_ORDER,
                "conversation_already_has_active_response",
                f"response {self.active.id} is still being spoken: wait for response.done, or cancel it",
            )

    def begin(self, response_id: str, item_id: str, request: Request) -> list[Output]:
        """Return what begins a response; none is active."""
        response = self.active = Response(response_id, item_id, request)
        return [
            *self._emitter.emit(response.created()),
            Speak(response.id, request.config.settings, request.answer, request.text),
        ]

    def answered(self, response_id: str, piece: str) -> list[Output]:
        """Return what speaks a piece of the answer."""
        response = self.active
        if response is None or response.id != response_id or not piece:
            return []
        if response.write(piece):
            return [Write(response_id, piece)]
        too_long = f"the answer is longer than {LONGEST_TEXT:,} characters: ask for a shorter one"
        return self.stop(ParlandoError(Reason.TEXT_TOO_LONG, too_long))

    def answer_ended(self, response_id: str) -> list[Output]:
        """Return what says that the answer is whole."""
        response = self.active
        return [EndText(response_id)] if response is not None and response.id == response_id else []

    def answer_failed(self, response_id: str, error: ParlandoError) -> list[Output]:
        """Return what to do when the rest of the answer cannot be had: the response fails."""
        response = self.active
        return self.stop(error) if response is not None and response.id == response_id else []

    def stop(self, error: ParlandoError) -> list[Output]:
        """Return what ends the active response, if there is one, as failed."""
        response = self.active
        if response is None:
            return []
        return [StopSpeaking(response.id), *self._close(response, Status.FAILED, error=error)]

    def write(self, text: str) -> list[Output]:
        """Return what speaks more text.

        Raises:
            ParlandoError: none is being written, or it would be too long.
        """
        response = self._growing()
        if not response.write(text):
            raise ParlandoError(
                Reason.TEXT_TOO_LONG,
                f"delta makes the text longer than {LONGEST_TEXT:,} characters: begin another response",
                field="delta",
            )
        return [Write(response.id, text)]

    def flush(self, flush_id: str) -> list[Output]:
        """Return what speaks the text there is.

        Raises:
            ParlandoError: none is being written, or too many flushes are not answered.
        """
        response = self._growing()
        return [Flush(response.id, response.flush(flush_id))]

    def end_text(self) -> list[Output]:
        """Return what says that no more text follows.

        Raises:
            ParlandoError: none is being written.
        """
        response = self._growing()
        response.grows = False
        return [EndText(response.id)]

    def tell(self, response_id: str, event: SpeechEvent) -> list[Output]:
        """Return what to do about something that happened while a response was spoken."""
        response = self.active
        if response is None or response.id != response_id or isinstance(event, Stopped):
            return self._hear_stopped(response_id, event)
        match event:
            case AudioMade():
                told = [response.audio(event)] if event.data else []
                seconds = response.seconds(event)
                carried = self._emitter.emit(
                    *told, audio_of=response.id, samples=event.sample_count, seconds=seconds
                )
                return self._begin_item(response) + carried
            case FragmentBegun(source):
                told = response.transcribe(source.end)
            case WordsTimed(words):
                response.time(words)
                wanted = response.request.config.word_timestamps
                told = list(map(response.timestamp, words)) if wanted else []
            case Started(engine, voice):
                response.engine, response.voice = engine, voice
                return []
            case Flushed(number):
                return self._emitter.emit(response.flushed(number))
            case Finished():
                return self._begin_item(response) + self._close(response, Status.COMPLETED, finished=event)
        return self._begin_item(response) + self._emitter.emit(*told)

    def fail(self, response_id: str, error: ParlandoError) -> list[Output]:
        """Return what to do when a response cannot be spoken, or not to its end."""
        stopped = self._stopped.pop(response_id, None)
        if stopped is not None:
            return self._remember(stopped, None)
        if self.active is None or self.active.id != response_id:
            return []
        return self._close(self.active, Status.FAILED, error=error)

    def cancel(self, response: Response, reason: str) -> list[Output]:
        """Return what stops the active response, and closes it at once."""
        self._stopped[response.id] = response
        return [
            DropAudio(response.id),
            StopSpeaking(response.id),
            *self._close(response, Status.CANCELLED, reason=reason),
        ]

    def dropped(self, response_id: str, samples: int) -> None:
        """Note that samples of a cancelled response were not sent after all."""
        self._stopped[response_id].dropped(samples)

    def end(self) -> list[Output]:
        """Return what is still to be remembered when the client has gone."""
        outputs = [output for response in self._under_way() for output in self._remember(response, None)]
        self.active = None
        self._stopped.clear()
        return outputs

    def keep_begun(self) -> list[Output]:
        """Return what remembers, as far as they have come, items that have begun and are not remembered yet.

        The session service has turns in the order in which they are first kept, the conversation has items in
        the order in which they begin: this comes before another item does.
        """
        outputs: list[Output] = []
        for response in self._under_way():
            if response.begun and response.joins and not (response.kept or response.forgotten):
                response.kept = True
                outputs.append(KeepTurn(response.turn()))
        return outputs

    def spoken_as(self, item_id: str) -> Response | None:
        """Return the response that is speaking an item, or has not told all it said of it."""
        return next((each for each in self._under_way() if each.item_id == item_id), None)

    def show(self, response: Response, turn: Turn) -> None:
        """Have the conversation show a response's item as it stands."""
        if response.begun and response.joins:
            shown = document_of(response.item)
            item = Item(response.item_id, shown, "assistant", response.transcript, turn=turn)
            self._conversation.replace(heard_item(item))

    def _growing(self) -> Response:
        if self.active is None or not self.active.grows:
            raise NamedError(
                Reason.OUT_OF_ORDER,
                "text_stream_not_active",
                "no text is being written: begin with response.create and response.parlando.text_stream",
            )
        return self.active

    def _under_way(self) -> Iterator[Response]:
        """Return the responses that the router still speaks or stops, in the order in which they began."""
        yield from self._stopped.values()
        if self.active is not None:
            yield self.active

    def _begin_item(self, response: Response) -> list[Output]:
        if response.begun:
            return []
        previous, earlier = None, list[Output]()
        if response.joins:
            previous = self._conversation.add(Item(response.item_id, document_of(response.item), "assistant"))
            earlier = self.keep_begun()
        return earlier + self._emitter.emit(*response.begin_item(previous))

    def _close(
        self,
        response: Response,
        status: Status,
        *,
        finished: Finished | None = None,
        error: ParlandoError | None = None,
        reason: str = "",
    ) -> list[Output]:
        self.active = None
        outputs = self._emitter.emit(*response.close(status, error, reason))
        if status is not Status.CANCELLED:
            return outputs + self._remember(response, finished)
        # What a cancelled one had said is known once the router is done with it.
        self.show(response, response.turn())
        return outputs

    def _hear_stopped(self, response_id: str, event: SpeechEvent) -> list[Output]:
        if not isinstance(event, Finished) or response_id not in self._stopped:
            return []
        return self._remember(self._stopped.pop(response_id), event)

    def _remember(self, response: Response, finished: Finished | None) -> list[Output]:
        if response.refused:  # nothing was said: there is no turn
            return []
        turn = response.turn(finished)
        self.show(response, turn)
        return [KeepTurn(turn)] if response.joins and not response.forgotten else []
