"""One instance of a blocking engine, and the thread that it lives on."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from parlando_kit.errors import ParlandoError, Reason
from parlando_synth.engine import BlockingEngine, Instance
from parlando_synth.failures import engine_failure
from parlando_synth.futures import settle
from parlando_synth.job import Job
from parlando_synth.mailbox import Mailbox
from parlando_synth.stop_flag import StopFlag


@dataclass(frozen=True, slots=True)
class _Run:
    """A job on its way to a thread."""

    job: Job
    stop: StopFlag
    mailbox: Mailbox


class Runner:
    """An instance that is opened, used and closed on a daemon thread of its own.

    Args:
        engine: opens the instance.
        loop: of whoever calls.
        number: tells the threads of an engine apart, for people.
        free: called on the loop whenever the instance has become free again.

    Attributes:
        opened: done once the instance is ready, or with the reason why it is not.
        ended: done once the thread has returned.
    """

    def __init__(
        self,
        engine: BlockingEngine,
        loop: asyncio.AbstractEventLoop,
        number: int,
        free: Callable[[Runner], None],
    ) -> None:
        self.opened: asyncio.Future[None] = loop.create_future()
        self.ended: asyncio.Future[None] = loop.create_future()
        self._engine = engine
        self._loop = loop
        self._free = free
        self._runs: queue.SimpleQueue[_Run | None] = queue.SimpleQueue()
        self._current: _Run | None = None
        threading.Thread(target=self._main, name=f"engine-{number}", daemon=True).start()

    def begin(self, job: Job, stop: StopFlag) -> Mailbox:
        """Start a job on the free instance, and return where its events arrive."""
        self._current = _Run(job, stop, Mailbox(self._loop))
        self._runs.put(self._current)
        return self._current.mailbox

    def finish(self) -> None:
        """Stop what runs, close the instance and end the thread."""
        if self._current is not None:
            self._current.stop.set()
        self._runs.put(None)

    def abandon(self) -> None:
        """Release who waits for a job that did not end."""
        if self._current is not None:
            late = ParlandoError(Reason.ENGINE_FAILED, "the engine did not stop in time")
            self._current.mailbox.end(late)

    def _end(self, run: _Run, failure: ParlandoError | None) -> None:
        self._current = None
        run.mailbox.end(failure)

    # What follows runs on the thread.

    def _main(self) -> None:
        try:
            instance: Instance | None = self._engine.open()
        except Exception as error:  # noqa: BLE001  # it is the loader's to report
            self._tell(settle, self.opened, engine_failure(error))
        else:
            self._tell(settle, self.opened, None)
            while (run := self._runs.get()) is not None:
                instance = self._speak(instance, run)
                self._tell(self._free, self)
            _close(instance)
        self._tell(settle, self.ended, None)

    def _speak(self, instance: Instance | None, run: _Run) -> Instance | None:
        """Run a job, tell its end, and return the instance for the next one."""
        try:
            if instance is None:  # it could not be opened anew after its last failure
                instance = self._engine.open()
            instance.synthesize(run.job, run.stop, run.mailbox.put)
        except ParlandoError as error:
            self._tell(self._end, run, error)
        except Exception as error:  # noqa: BLE001  # an engine may raise anything
            self._tell(self._end, run, engine_failure(error))  # before the next is opened: that may take long
            _close(instance)
            return self._reopened()
        else:
            self._tell(self._end, run, None)
        return instance

    def _reopened(self) -> Instance | None:
        try:
            return self._engine.open()
        except Exception as error:  # noqa: BLE001  # an engine may raise anything; the next job tries again
            engine_failure(error)
            return None

    def _tell(self, what: Callable[..., object], *args: object) -> None:
        with suppress(RuntimeError):  # the loop is gone, and with it whoever waited
            self._loop.call_soon_threadsafe(what, *args)


def _close(instance: Instance | None) -> None:
    if instance is not None:
        try:
            instance.close()
        except Exception as error:  # noqa: BLE001  # an engine may raise anything
            engine_failure(error)
