"""The fragmenter as a gRPC service: requests go to a `Fragmenter` in order, what it yields goes out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator

import grpc
from opentelemetry.metrics import Meter

from parlando.fragmenter.v1 import fragmenter_pb2 as pb
from parlando.fragmenter.v1 import fragmenter_service_pb2
from parlando.fragmenter.v1.fragmenter_service_pb2_grpc import (
    FragmenterServiceServicer,
    add_FragmenterServiceServicer_to_server,
)
from parlando_fragmenter import translation
from parlando_fragmenter.arrival import Arrivals, Silence
from parlando_fragmenter.fragment import Fragment
from parlando_fragmenter.fragmenter import Fragmenter
from parlando_fragmenter.languages import Languages
from parlando_fragmenter.normalisation.normaliser import normaliser_for
from parlando_kit import telemetry
from parlando_kit.clock import Clock
from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.server import Service
from parlando_kit.telemetry_names import FIRST_CHUNK, HOP

# A caller that sends more after `end` is told so: for this long, in seconds, the service looks whether the
# stream closes or something follows. One that half-closes does not wait.
AFTER_END = 0.25

# Code points of a text that is fragmented at once: work of a few milliseconds, for which all others wait.
LONGEST_TEXT = 4_000

# Code points of a stream's text that are fragmented between two turns of all others: a call takes several.
PART = 1_000

_Context = grpc.aio.ServicerContext[object, object]


class FragmenterServicer(FragmenterServiceServicer):
    """Serves fragmenters, one a stream.

    Args:
        clock: for pauses in the input, and for the histogram.
        meter: where first chunks are recorded.
        disabled_rules: names of normalisation rules that are left out for every caller.
        guess: makes what guesses the languages of a text that comes without one; None leaves them unsaid.
    """

    def __init__(
        self,
        clock: Clock,
        meter: Meter,
        disabled_rules: frozenset[str] = frozenset(),
        guess: Callable[[], Languages] | None = None,
    ) -> None:
        self._clock = clock
        self._disabled_rules = disabled_rules
        normaliser_for("", disabled_rules)  # made now rather than in somebody's first chunk
        self._guess = guess
        self._first_chunk = telemetry.seconds(meter, FIRST_CHUNK, "first text in to first fragment out")

    async def Fragment(  # noqa: N802  # the contract's name
        self, requests: AsyncIterator[pb.FragmentRequest], _context: _Context
    ) -> AsyncIterator[pb.FragmentResponse]:
        """Cut one text into fragments."""
        arrivals = Arrivals(requests, self._clock)
        try:
            text = _Text(_options(await arrivals.next()), self._clock, self._disabled_rules, self._guess)
            while not text.over:
                for number, part in enumerate(_parts(await arrivals.next(text.patience()))):
                    if number:
                        await asyncio.sleep(0)  # text of which no fragment comes gives nobody else a turn
                    for response in text.answer(part):
                        yield response
                        if text.began is not None and response.HasField("fragment"):
                            self._first_chunk.record(self._clock.now() - text.began, {HOP: "fragmenter"})
                            text.began = None
            if text.ended_by_message and not isinstance(await arrivals.next(AFTER_END), Silence):
                raise ParlandoError(Reason.OUT_OF_ORDER, "nothing may follow end; open another stream")
        finally:
            await arrivals.close()

    async def FragmentText(  # noqa: N802  # the contract's name
        self, request: pb.FragmentTextRequest, _context: _Context
    ) -> pb.FragmentTextResponse:
        """Cut a text that is all there."""
        began = self._clock.now()
        if len(request.text) > LONGEST_TEXT:
            raise ParlandoError(
                Reason.TEXT_TOO_LONG,
                f"text has {len(request.text)} code points: send {LONGEST_TEXT} at most, or a stream",
                field="text",
            )
        options = translation.options(request.config)
        fragmenter = _fragmenter(options, self._disabled_rules, self._guess)
        fragments = list(fragmenter.hint(*translation.hint(request.hint))) if request.HasField("hint") else []
        fragments += [*fragmenter.feed(request.text), *fragmenter.end()]
        if fragments:
            self._first_chunk.record(self._clock.now() - began, {HOP: "fragmenter"})
        return pb.FragmentTextResponse(fragments=map(translation.fragment_message, fragments))


def _options(first: pb.FragmentRequest | Silence) -> translation.Options:
    if isinstance(first, Silence) or not first.HasField("config"):
        raise ParlandoError(Reason.FIELD_REQUIRED, "the first message must be config", field="config")
    return translation.options(first.config)


def _parts(request: pb.FragmentRequest | Silence) -> Iterator[pb.FragmentRequest | Silence]:
    """Yield a request, or several in its place where it has more text than one `PART`."""
    text = "" if isinstance(request, Silence) else request.text.text
    if len(text) <= PART:
        yield request
        return
    for start in range(0, len(text), PART):
        yield pb.FragmentRequest(text=pb.TextDelta(text=text[start : start + PART]))


def _fragmenter(
    options: translation.Options, disabled_rules: frozenset[str], guess: Callable[[], Languages] | None
) -> Fragmenter:
    return Fragmenter(
        source_offset=options.source_offset,
        language=options.language,
        bounds=options.bounds,
        whole=options.whole,
        normaliser=normaliser_for(options.language, options.disabled_rules | disabled_rules),
        reader=options.reader,
        languages=guess() if guess is not None and not options.language else None,
    )


class _Text:
    """One stream's text: requests in, responses out.

    Attributes:
        began: when the first text came, until the first fragment has left.
        over: no more text follows.
        ended_by_message: it was `end` that said so, and the stream may still be open.
    """

    def __init__(
        self,
        options: translation.Options,
        clock: Clock,
        disabled_rules: frozenset[str],
        guess: Callable[[], Languages] | None,
    ) -> None:
        self._flush_after = options.flush_after
        self._clock = clock
        self._fragmenter = _fragmenter(options, disabled_rules, guess)
        self._empty = True
        self._fresh = False
        self._pause_at: float | None = None
        self.began: float | None = None
        self.over = False
        self.ended_by_message = False

    def patience(self) -> float | None:
        """Return for how many seconds to wait before it is a pause; None where it never is.

        A pause runs from the moment that all is read and answered: a caller that is slow to take fragments
        makes none. Hints do not interrupt it.
        """
        if self._flush_after is None or not self._fresh:
            return None
        now = self._clock.now()
        if self._pause_at is None:
            self._pause_at = now + self._flush_after
        return max(0.0, self._pause_at - now)

    def answer(self, request: pb.FragmentRequest | Silence) -> Iterator[pb.FragmentResponse]:
        """Yield the responses to a request, or to a silence."""
        if isinstance(request, Silence):
            fragments = self._answer_silence(request)
        else:
            fragments = self._answer_request(request)
        for fragment in fragments:
            self._pause_at = None
            yield pb.FragmentResponse(fragment=translation.fragment_message(fragment))
        if isinstance(request, pb.FragmentRequest) and request.HasField("flush"):
            yield pb.FragmentResponse(flushed=pb.Flushed(id=request.flush.id))

    def _answer_silence(self, silence: Silence) -> Iterator[Fragment]:
        self._fresh = False
        if silence is Silence.PAUSE:
            return self._fragmenter.pause()
        self.over = True
        return self._fragmenter.end()

    def _answer_text(self, text: str) -> Iterator[Fragment]:
        if text:
            self._fresh, self._pause_at = True, None
            if self._empty:
                self._empty, self.began = False, self._clock.now()
        return self._fragmenter.feed(text)

    def _answer_request(self, request: pb.FragmentRequest) -> Iterator[Fragment]:
        match request.WhichOneof("message"):
            case "text":
                return self._answer_text(request.text.text)
            case "hint":
                return self._fragmenter.hint(*translation.hint(request.hint))
            case "flush":
                self._fresh = False
                return self._fragmenter.flush()
            case "end":
                self.over = self.ended_by_message = True
                return self._fragmenter.end()
            case "config":
                raise ParlandoError(
                    Reason.OUT_OF_ORDER, "config comes once, as the first message", field="config"
                )
            case _:
                raise ParlandoError(
                    Reason.FIELD_REQUIRED,
                    "a request says one of text, hint, flush and end",
                    field="message",
                )


def fragmenter_service(servicer: FragmenterServicer) -> Service:
    """Return the service to be served."""
    return Service(
        fragmenter_service_pb2.DESCRIPTOR.services_by_name["FragmenterService"].full_name,
        lambda server: add_FragmenterServiceServicer_to_server(servicer, server),
    )
