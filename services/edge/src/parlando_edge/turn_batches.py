"""Turns of many sessions, kept by one call: a call costs far more than what it carries.

Where few turns come each leaves at once. Where many do, they gather while a call is under way, and until
`INTERVAL` after it began, for the next. See docs/decisions/0080-turns-are-kept-together.md.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context
from dataclasses import dataclass

from google.rpc.status_pb2 import Status

from parlando.session.v1.session_pb2 import BatchPutTurnsRequest, BatchPutTurnsResponse, PutTurnRequest
from parlando_kit.clock import Clock
from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.status import from_status, to_status
from parlando_kit.tracing import outgoing, recorded

INTERVAL = 0.05
"""Seconds from the beginning of a call to that of the next, where turns come without a pause."""

SPARE = 3
"""Calls that a pause leaves to be made sooner: two turns now and then must not wait for one another."""

MOST_TURNS = 100
MOST_BYTES = 60 * 1024
"""What a call carries at most, below the least that a service may be told to take (`max_message_bytes`): a
batch must not be refused where each of its turns would be taken. A larger turn goes by itself."""

Metadata = tuple[tuple[str, str], ...] | None
Ask = Callable[[BatchPutTurnsRequest, Metadata], Awaitable[BatchPutTurnsResponse]]


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    """A turn that is to be kept.

    Attributes:
        request: it.
        size: of the request, in bytes.
        context: of its caller's trace.
        status: what comes of it; cancelled where its caller has gone.
    """

    request: PutTurnRequest
    size: int
    context: Metadata
    status: asyncio.Future[Status]


class TurnBatches:
    """Gathers turns while there are callers who wait for theirs to be kept. Every one of them waits for one.

    Args:
        ask: makes the call. Raises ParlandoError.
        clock: measures the interval.
    """

    def __init__(self, ask: Ask, clock: Clock) -> None:
        self._ask = ask
        self._clock = clock
        self._waiting: deque[_Waiting] = deque()
        self._sending: asyncio.Task[None] | None = None  # there while something waits
        self._due = clock.now() - SPARE * INTERVAL  # when the next call may begin
        self._latest: frozenset[str] = frozenset()  # the sessions of the latest call

    async def put(self, request: PutTurnRequest) -> None:
        """Return once a turn is kept.

        Raises:
            ParlandoError: what the session service answered to this one, or to the whole call.
        """
        status = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(request, request.ByteSize(), outgoing(), status))
        if self._sending is None:
            # In a context of its own: the caller's has a span that is over long before this is.
            self._sending = asyncio.create_task(self._send_all(), context=Context())
        answered = await status
        if answered.code:
            raise from_status(answered)

    async def close(self) -> None:
        """Send nothing more. Who still waits is cancelled."""
        if self._sending is not None:
            self._sending.cancel()
            await asyncio.wait({self._sending})
            self._end()  # where it had not begun

    async def _send_all(self) -> None:
        batch: Sequence[_Waiting] = ()
        try:
            while self._waiting:
                await self._until_due()
                batch = self._take()
                if batch:
                    await self._send(batch)
                    await asyncio.sleep(0)  # those who have more to keep come back
        finally:
            self._end(batch)

    def _end(self, batch: Sequence[_Waiting] = ()) -> None:
        """Let the next turn begin anew.

        Whoever is not told by now never would be: the sending was cancelled, or failed.
        """
        self._sending = None
        for each in (*batch, *self._waiting):
            each.status.cancel()
        self._waiting.clear()

    async def _until_due(self) -> None:
        """Wait for others, unless somebody has more to keep than the turn that was just kept.

        They put one turn after another, and a thousand would take them a thousand intervals.
        """
        left = self._due - self._clock.now()
        if left > 0 and self._latest.isdisjoint(each.request.session_id for each in self._waiting):
            await self._clock.sleep(left)

    def _take(self) -> Sequence[_Waiting]:
        """Take as many of the turns that wait as one call carries, the first first."""
        batch: list[_Waiting] = []
        size = 0
        while self._waiting and len(batch) < MOST_TURNS:
            first = self._waiting[0]
            if not first.status.done():
                size += first.size
                if batch and size > MOST_BYTES:
                    break
                batch.append(first)
            self._waiting.popleft()
        return batch

    async def _send(self, batch: Sequence[_Waiting]) -> None:
        now = self._clock.now()
        if not self._waiting:  # a call that was full has no others to wait for
            self._due = min(max(self._due, now - SPARE * INTERVAL), now) + INTERVAL
        self._latest = frozenset(each.request.session_id for each in batch)
        for each, status in zip(batch, await self._statuses(batch), strict=True):
            if not each.status.done():
                each.status.set_result(status)

    async def _statuses(self, batch: Sequence[_Waiting]) -> Sequence[Status]:
        """Return what came of each turn: no errors, of which each caller must have one of its own."""
        request = BatchPutTurnsRequest(requests=[each.request for each in batch])
        # In the first trace that is recorded; else in any, or the session service began one of its own.
        contexts = [each.context for each in batch if each.context]
        context = next(filter(recorded, contexts), next(iter(contexts), None))
        try:
            statuses = (await self._ask(request, context)).statuses
        except ParlandoError as error:
            return [to_status(error)] * len(batch)
        if len(statuses) != len(batch):
            odd = ParlandoError(Reason.INTERNAL, f"{len(statuses)} statuses of {len(batch)} turns")
            return [to_status(odd)] * len(batch)
        return statuses
