"""One utterance from text to sound, with a person at the terminal who may change their mind."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import suppress

from parlando_client.aio import AsyncClient
from parlando_client.aio_utterance import AsyncLiveUtterance
from parlando_client.cli.display import Display
from parlando_client.cli.failure import Failure
from parlando_client.cli.sinks import Sink
from parlando_client.delivery import Delivery
from parlando_client.errors import SpeechError
from parlando_client.events import Audio, Finished, Progress, Started, StopReport, Words

_TICK = 0.05
_TICKS_PER_REPORT = 5
_STOP_REPORT_WAIT = 2.5  # the router answers within 2 s, if only to say that it cannot confirm


class Interruption:
    """Ctrl-C and SIGTERM, counted: the first asks to stop, the second not to wait for it."""

    def __init__(self) -> None:
        self.number = 0
        self.first = asyncio.Event()
        self.second = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._arrived, number)

    def _arrived(self, number: int) -> None:
        (self.second if self.first.is_set() else self.first).set()
        self.number = self.number or number


async def speak(
    address: str,
    texts: AsyncIterator[str],
    sink: Sink,
    display: Display,
    how: Delivery,
    traceparent: str = "",
) -> int:
    """Speak `texts` into `sink`; return 0, or 128 and the signal's number where one ended it.

    `traceparent` is the W3C trace context that the call carries; "" is none.

    Raises:
        ExceptionGroup: of the SpeechError, OSError or Failure that ended it.
    """
    interruption = Interruption()
    async with AsyncClient(address) as client, client.speak(traceparent=traceparent, **how) as utterance:
        async with asyncio.TaskGroup() as tasks:
            sender = tasks.create_task(_send(utterance, texts, display))
            watcher = tasks.create_task(_stop_when_asked(interruption, utterance, sink, sender))
            ticker = tasks.create_task(_tick(utterance, sink, display))
            try:
                await _listen(utterance, sink, display, interruption)
            finally:
                await sink.finish()
            for task in (sender, watcher, ticker):
                task.cancel()
        display.show(sink.position())
    return 128 + interruption.number if interruption.number else 0


async def _send(utterance: AsyncLiveUtterance, texts: AsyncIterator[str], display: Display) -> None:
    with suppress(SpeechError):  # the call is over: whoever reads its events says why
        async for text in texts:
            display.wrote(text)
            await utterance.send(text)
        utterance.end()


async def _listen(
    utterance: AsyncLiveUtterance,
    sink: Sink,
    display: Display,
    interruption: Interruption,
) -> None:
    async for event in utterance:
        match event:
            case Started():
                await sink.begin(event.format.sample_rate_hz)
            case Audio():
                await sink.write(event.data)
            case Words():
                display.timed(event.words)
            case Progress():
                display.progressed(event)
            case StopReport() if interruption.number:
                return
            case Finished(sample_count=0) if not interruption.number:
                raise Failure("there is nothing in the text that can be spoken")
            case _:
                pass


async def _stop_when_asked(
    interruption: Interruption,
    utterance: AsyncLiveUtterance,
    sink: Sink,
    sender: asyncio.Task[None],
) -> None:
    await interruption.first.wait()
    sender.cancel()  # text sent after the cancel would be spoken
    played = sink.position()
    sink.abort()
    utterance.played(played)
    utterance.cancel()
    with suppress(TimeoutError):
        await asyncio.wait_for(interruption.second.wait(), _STOP_REPORT_WAIT)
    utterance.close()


async def _tick(utterance: AsyncLiveUtterance, sink: Sink, display: Display) -> None:
    while True:
        for _ in range(_TICKS_PER_REPORT):
            display.show(sink.position())
            await asyncio.sleep(_TICK)
        utterance.played(sink.position())
