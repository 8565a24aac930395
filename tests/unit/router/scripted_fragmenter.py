"""A fragmenter that follows a script, on virtual time."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterator

from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.spans import Piece, Span, SpanMap
from parlando_router.epoch import FRAGMENTER_SECONDS
from parlando_router.ports import FlushDone, Fragment, FragmentConfig, TextKind


class ScriptedFragmenter:
    """Cuts text behind every full stop, exclamation and question mark.

    Args:
        pause: seconds after each fragment.
        delay: seconds before each fragment comes out.
        failure: what reading raises, once `fail_after` fragments of a stream have come out.
        back_after: seconds after its first failure from which on nothing fails any more.
        language: of every fragment.
        emotion: likewise.
        hanging: how many streams, the first, stay open and say nothing more after `fail_after` fragments.
        deaf: those take no text either, and no hint.
        shut: those are not opened either.
    """

    def __init__(
        self,
        *,
        pause: float = 0.1,
        delay: float = 0.0,
        failure: ParlandoError | None = None,
        fail_after: int = 0,
        back_after: float = math.inf,
        language: str = "",
        emotion: str = "",
        hanging: int = 0,
        deaf: bool = False,
        shut: bool = False,
    ) -> None:
        self.pause = pause
        self.hanging = hanging
        self.deaf = deaf
        self.shut = shut
        self.delay = delay
        self.failure = failure
        self.fail_after = fail_after
        self.back_after = back_after
        self.failed_at: float | None = None
        self.language = language
        self.emotion = emotion
        self.streams: list[ScriptedFragments] = []

    async def open(self, config: FragmentConfig) -> ScriptedFragments:
        """Begin an epoch."""
        stream = ScriptedFragments(self, config)
        self.streams.append(stream)
        if stream.hangs and self.shut:
            await asyncio.Event().wait()
        return stream

    async def cut(
        self, config: FragmentConfig, text: str, *, audio_queued: float = 0.0, real_time_factor: float = 0.0
    ) -> list[Fragment]:
        """Return the fragments of a text that is all there."""
        stream = await self.open(config)
        stream.at_once = True
        try:
            if real_time_factor:
                await stream.send_hint(audio_queued, real_time_factor)
            await stream.send_text(text)
            await stream.send_end()
            async with asyncio.timeout(FRAGMENTER_SECONDS):
                return await stream.rest()
        except TimeoutError:
            raise ParlandoError(Reason.DEPENDENCY_UNAVAILABLE, "too late", retry_after=1.0) from None
        finally:
            stream.close()

    def fail(self, given: int) -> None:
        """Raise the failure where a stream that has given so many fragments is to fail now."""
        if self.failure is None or given < self.fail_after:
            return
        now = asyncio.get_running_loop().time()
        if self.failed_at is None:
            self.failed_at = now
        elif now - self.failed_at > self.back_after:
            return
        raise self.failure


class ScriptedFragments:
    """One epoch's text."""

    def __init__(self, script: ScriptedFragmenter, config: FragmentConfig) -> None:
        self.config = config
        self.closed = False
        self.at_once = False
        self.opened = asyncio.get_running_loop().time()
        self.hints: list[tuple[float, float]] = []
        self._script = script
        self._at = config.source_offset
        self._text = ""
        self._out: asyncio.Queue[Fragment | FlushDone | ParlandoError | None] = asyncio.Queue()
        self._given = 0
        self.hangs = len(script.streams) < script.hanging

    async def send_text(self, text: str) -> None:
        """Append text."""
        await self._taken()
        for character in text:
            self._text += character
            if character in ".!?":
                self._cut()

    async def send_hint(self, audio_queued: float, real_time_factor: float) -> None:
        """Note a hint."""
        await self._taken()
        self.hints.append((audio_queued, real_time_factor))

    async def send_flush(self, flush_id: int) -> None:
        """Give out everything there is."""
        self._cut()
        self._out.put_nowait(FlushDone(flush_id))

    async def send_end(self) -> None:
        """Give out the rest, and end."""
        self._cut()
        self._out.put_nowait(None)

    async def next(self) -> Fragment | FlushDone | None:
        """Return what comes next."""
        self._script.fail(self._given)
        if self.hangs and self._given >= self._script.fail_after:
            await asyncio.Event().wait()
        item = await self._out.get()
        if isinstance(item, ParlandoError):
            raise item
        if isinstance(item, Fragment):
            await asyncio.sleep(self._script.delay)
            self._given += 1
        return item

    async def rest(self) -> list[Fragment]:
        """Return all fragments that come."""
        fragments: list[Fragment] = []
        while isinstance(item := await self.next(), Fragment):
            fragments.append(item)
        return fragments

    async def _taken(self) -> None:
        if self.hangs and self._script.deaf:
            await asyncio.Event().wait()

    def lose(self, failure: ParlandoError) -> None:
        """Fail behind all that has come."""
        self._out.put_nowait(failure)

    def close(self) -> None:
        """Note that nobody reads any more."""
        self.closed = True

    def _cut(self) -> None:
        text, self._text = self._text, ""
        if not text:
            return
        source = Span(self._at, self._at + len(text))
        self._at = source.end
        spoken = text.strip() if any(character.isalnum() for character in text) else ""
        lead = len(text) - len(text.lstrip()) if spoken else len(text)
        fragment = Fragment(
            source=source,
            spoken_text=spoken,
            text_kind=TextKind.PLAIN,
            text_map=SpanMap(_pieces(source, lead, len(spoken))),
            pause_after=self._script.pause,
            ends_sentence=text.rstrip()[-1:] in set(".!?"),
            language=self._script.language,
            emotion=self._script.emotion,
        )
        self._out.put_nowait(fragment)


def _pieces(source: Span, lead: int, length: int) -> Iterator[Piece]:
    begin, end = source.start + lead, source.start + lead + length
    yield Piece(Span(source.start, begin), Span(0, 0), verbatim=False)
    yield Piece(Span(begin, end), Span(0, length), verbatim=True)
    yield Piece(Span(end, source.end), Span(length, length), verbatim=False)
