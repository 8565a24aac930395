"""Messages on their way out of the synchronous client: written by the caller, read by gRPC's own thread."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator, Sequence

from parlando.speech.v1 import speech_pb2
from parlando_client.errors import SpeechError

MAX_UNSENT = 1_000_000
"""Code points that may wait to be sent: more than half a day of speech."""


class Outgoing(Iterator[speech_pb2.SpeakRequest]):
    """A queue whose writer never waits: a caller that sends and reads on one thread must not lock itself up.

    Bounded by `MAX_UNSENT` code points of text.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._requests: deque[speech_pb2.SpeakRequest] = deque()
        self._unsent = 0
        self._closed = False

    def put(self, requests: Sequence[speech_pb2.SpeakRequest]) -> bool:
        """Append messages, all or none; False where the stream is closed.

        Raises:
            SpeechError: SLOW_READER when too much text waits, because nobody reads the events.
        """
        text = sum(len(request.text.text) for request in requests)
        with self._changed:
            if self._closed:
                return False
            if text and self._unsent > MAX_UNSENT:
                raise SpeechError(
                    "SLOW_READER",
                    f"more than {MAX_UNSENT:,} code points wait to be sent: read events before sending more",
                    "text",
                )
            self._requests.extend(requests)
            self._unsent += text
            self._changed.notify()
            return True

    def close(self) -> None:
        """End the stream: what is still queued is not sent."""
        with self._changed:
            self._closed = True
            self._requests.clear()
            self._changed.notify()

    def __next__(self) -> speech_pb2.SpeakRequest:
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._requests)
            if not self._requests:
                raise StopIteration
            request = self._requests.popleft()
            self._unsent -= len(request.text.text)
            return request
