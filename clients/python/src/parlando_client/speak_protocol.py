"""The caller's side of a Speak stream, without I/O: what to send, and which events are still of use.

One stream is one utterance. Its openers raise the epoch; after a cancel the next text opens another.
"""

from __future__ import annotations

from parlando.session.v1 import session_pb2
from parlando.speech.v1 import speech_pb2
from parlando_client.delivery import Delivery, settings_message
from parlando_client.errors import SpeechError
from parlando_client.events import Event
from parlando_client.text import MAX_MESSAGE, check_text
from parlando_client.transcript import Heard, Transcript

_OF_NO_USE_ONCE_CANCELLED = {"audio", "words", "fragment"}

_Requests = list[speech_pb2.SpeakRequest]


class SpeakProtocol:
    """The state of one Speak stream. Each method returns the messages to send, in order.

    Args:
        utterance_id: 1 to 64 characters; "" lets the router mint one.
        how: how to speak.
    """

    def __init__(self, utterance_id: str, how: Delivery) -> None:
        check_text(utterance_id, "utterance_id")
        self._utterance_id = utterance_id
        self._settings = settings_message(how)
        self._epoch = 0
        self._open = False
        self._ended = False
        self._flushes = 0
        self._cancelled = 0
        self._transcript = Transcript()

    def open(self) -> _Requests:
        """Open the next epoch; what is still being spoken is cancelled by it."""
        self._refuse_after_end("open")
        self._cancelled = self._epoch
        self._epoch += 1
        self._open = True
        self._transcript.open(self._epoch)
        opener = speech_pb2.SpeakOpen(settings=self._settings, utterance_id=self._utterance_id)
        return [speech_pb2.SpeakRequest(epoch=self._epoch, open=opener)]

    def send(self, text: str) -> _Requests:
        """Append text.

        Raises:
            ValueError: a lone surrogate.
            SpeechError: OUT_OF_ORDER after `end`.
        """
        check_text(text, "text")
        self._refuse_after_end("text")
        requests = [] if self._open else self.open()
        self._transcript.append(text)
        for start in range(0, len(text), MAX_MESSAGE):
            part = speech_pb2.SpeakText(text=text[start : start + MAX_MESSAGE])
            requests.append(speech_pb2.SpeakRequest(epoch=self._epoch, text=part))
        return requests

    def flush(self) -> tuple[int, _Requests]:
        """Speak what there is; returns the id that `Flushed` will carry, too.

        Raises:
            SpeechError: OUT_OF_ORDER after `end`.
        """
        self._refuse_after_end("flush")
        self._flushes += 1
        requests = [] if self._open else self.open()
        flush = speech_pb2.SpeakFlush(id=self._flushes)
        return self._flushes, [*requests, speech_pb2.SpeakRequest(epoch=self._epoch, flush=flush)]

    def cancel(self) -> _Requests:
        """Discard everything sent so far; nothing where that was done already."""
        if not self._open:
            return []
        self._open = False
        self._cancelled = self._epoch
        return [speech_pb2.SpeakRequest(epoch=self._epoch, cancel=speech_pb2.SpeakCancel())]

    def played(self, samples: int) -> _Requests:
        """Say how many samples of the utterance were heard."""
        playback = speech_pb2.SpeakPlayback(samples_played=samples)
        return [speech_pb2.SpeakRequest(epoch=self._epoch, playback=playback)]

    def end(self) -> _Requests:
        """No more text follows; cancel and playback still may."""
        if self._ended:
            return []
        self._ended = True
        return [speech_pb2.SpeakRequest(epoch=self._epoch, end=speech_pb2.SpeakEnd())]

    def read(self, message: speech_pb2.SpeechEvent) -> Event | None:
        """Return the event to hand on; None for one not known here, or of no use any more.

        What was under way when its epoch was cancelled is dropped here, so that it is never played.
        """
        kind = message.WhichOneof("event")
        if kind in _OF_NO_USE_ONCE_CANCELLED and message.epoch <= self._cancelled:
            return None
        return self._transcript.read(message)

    def heard(self, samples_played: int) -> Heard:
        """Return what was heard when so many samples of the utterance had been played."""
        return self._transcript.heard(samples_played)

    def turn(self, turn_id: str) -> session_pb2.Turn:
        """Return what was said as a turn to be stored; see `Transcript.turn`."""
        return self._transcript.turn(turn_id)

    def _refuse_after_end(self, field: str) -> None:
        if self._ended:
            raise SpeechError(
                "OUT_OF_ORDER", f"{field} after end: speak in another utterance for more", field
            )
