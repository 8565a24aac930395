"""Growing text in, fragments out.

The segmenter finds boundaries, the schedule picks some, and what lies between two of them is rendered.
Bounded: what waits inside is one fragment and a slice of input. The spans of all fragments, joined, are the
whole text.

With markup, all this is done to the plain text that a reader makes of the source, and positions count in it;
only when a fragment is given out is it told where that is written.
"""

from __future__ import annotations

import re
import unicodedata
from collections import deque
from collections.abc import Iterator
from dataclasses import replace

from parlando_fragmenter.feelings import suggested
from parlando_fragmenter.fragment import Fragment
from parlando_fragmenter.gap import Strength
from parlando_fragmenter.languages import Languages, StatedLanguage
from parlando_fragmenter.marks import SPEAKABLE
from parlando_fragmenter.markup import Break, MarkupReader, Words, Written
from parlando_fragmenter.normalisation.normaliser import Normaliser
from parlando_fragmenter.rendering import Rendering, blank_prefix, render
from parlando_fragmenter.schedule import Bounds, Schedule
from parlando_fragmenter.segmenter import Boundary, Segmenter
from parlando_fragmenter.unspaced import best_cut
from parlando_kit.spans import Span

# Code points taken in before fragments are given out: bounds what waits inside.
SLICE = 128

# Code points of a sentence that are remembered when they have been given out, for what comes after them.
CONTEXT = 80

# Seconds of silence after a fragment, at speed 1. An engine's own silence is taken off by the router.
PAUSES = {
    Strength.NONE: 0.0,
    Strength.GLUE: 0.0,
    Strength.WORD: 0.0,
    Strength.CLAUSE: 0.15,
    Strength.SENTENCE: 0.35,
    Strength.PARAGRAPH: 0.6,
}

# What makes one character with the code point before it, beyond combining marks.
_JOINED = frozenset("\u200d\ufe0e\ufe0f\u20e3") | frozenset(map(chr, range(0x1F3FB, 0x1F400)))
_JOINER = "\u200d"
_SPACES = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")
# A cut within a word moves back at most this many code points to leave a character whole.
_LONGEST_CHARACTER = 16


class Fragmenter:
    """One text on its way into fragments.

    Args:
        source_offset: source offset of the first code point fed.
        language: BCP 47 tag of the text, or empty.
        bounds: sizes of fragments.
        whole: all of the text is there, however it is fed: cuts may look ahead.
        normaliser: says how numbers and the like are said; None leaves them to the engine.
        reader: of the markup that the text is written in; None for plain text.
        languages: tells the language of what is given out; None says `language` of all of it.
    """

    def __init__(
        self,
        *,
        source_offset: int = 0,
        language: str = "",
        bounds: Bounds | None = None,
        whole: bool = False,
        normaliser: Normaliser | None = None,
        reader: MarkupReader | None = None,
        languages: Languages | None = None,
    ) -> None:
        self._normaliser = normaliser
        self._reader = reader
        self._written = Written(source_offset)
        self._languages = languages or StatedLanguage(language)
        self._source_offset = source_offset
        self._schedule = Schedule(bounds or Bounds(), whole=whole)
        self._segmenter = Segmenter(language)
        self._boundaries: deque[Boundary] = deque()
        self._count = 0
        self._flushing = self._ended = False
        # The fragment under way begins at `_start` with `_blank` code points that go unsaid, counted and
        # not kept; `_text` is the rest, the first `_silent` of which are known to say nothing.
        self._start = 0
        self._blank = 0
        self._text = ""
        self._silent = 0
        self._in_sentence = False
        self._context = ""

    def feed(self, text: str) -> Iterator[Fragment]:
        """Take more text; yield the fragments that come of it."""
        for start in range(0, len(text), SLICE):
            piece = text[start : start + SLICE]
            if self._reader is None:
                yield from self._take(piece)
            else:
                yield from self._read(self._reader.feed(piece))

    def _read(self, found: Iterator[Words | Break]) -> Iterator[Fragment]:
        for item in found:
            if isinstance(item, Words):
                self._written.add(item)
                if item.plain:
                    yield from self._take(item.plain)
            else:
                self._boundaries += self._segmenter.end_block(item.strength)
                yield from self._cut()

    def _take(self, piece: str) -> Iterator[Fragment]:
        """Take more plain text."""
        self._text += piece
        self._drop_blank()
        found = self._segmenter.feed(piece)
        self._boundaries += found
        if found or self._segmenter.settled > self._origin + self._schedule.limit:
            yield from self._cut()

    def hint(self, audio_queued: float, real_time_factor: float) -> Iterator[Fragment]:
        """Take note of playback, in seconds and engine time per second; yield what has become due."""
        self._schedule.hint(audio_queued, real_time_factor)
        yield from self._cut()

    def pause(self) -> Iterator[Fragment]:
        """Yield what there is up to the last whole word: no text has come for a while."""
        if self._reader is not None:
            yield from self._read(self._reader.pause())
        self._boundaries += self._segmenter.pause()
        yield from self._cut(final=True)
        if self._boundaries:
            yield from self._give(self._boundaries[-1])

    def flush(self) -> Iterator[Fragment]:
        """Yield everything there is."""
        self._flushing = True
        if self._reader is not None:
            yield from self._read(self._reader.flush())
        self._boundaries += self._segmenter.flush()
        yield from self._cut(final=True)
        if self._start < self._end or self._written:
            known = self._boundaries[-1] if self._boundaries else None
            strength = known.strength if known and known.position == self._end else Strength.NONE
            yield from self._give(Boundary(self._end, self._end, strength))
        self._flushing = False

    def end(self) -> Iterator[Fragment]:
        """Yield everything there is; no more text follows."""
        self._ended = True
        yield from self.flush()

    @property
    def _origin(self) -> int:
        """Position of the first code point of `_text`."""
        return self._start + self._blank

    @property
    def _end(self) -> int:
        """Position one past the last code point of `_text`."""
        return self._origin + len(self._text)

    def _drop_blank(self) -> None:
        blank = blank_prefix(self._text)
        if blank:
            self._text = self._text[blank:]
            self._blank += blank
            self._silent = 0

    def _cut(self, *, final: bool = False) -> Iterator[Fragment]:
        while True:
            self._pass_silent_boundaries()
            settled = self._segmenter.settled
            chosen = self._schedule.choose(self._boundaries, self._origin, settled, self._part, final=final)
            if chosen is None:
                return
            yield from self._give(chosen)

    def _part(self, position: int) -> int | None:
        """Return where to cut up to a position in text that parts no words, or None where it parts them."""
        cut = best_cut(self._text, position - self._origin)
        return None if cut is None else self._origin + cut

    def _pass_silent_boundaries(self) -> None:
        """Forget boundaries before which there is nothing to say: that text goes with what follows.

        The end of a sentence that has been begun stays, for where sentences end must not depend on cuts.
        """
        voice = SPEAKABLE.search(self._text, self._silent)
        self._silent = voice.start() if voice else len(self._text)
        speaks = self._origin + self._silent
        while self._boundaries and self._boundaries[0].end <= speaks:
            if self._in_sentence and self._boundaries[0].strength >= Strength.SENTENCE:
                return
            self._boundaries.popleft()

    def _give(self, boundary: Boundary) -> list[Fragment]:
        """Return the fragments up to a boundary, one a language, and begin the next one there."""
        size = max(boundary.position - self._origin, 0)
        if boundary.strength is Strength.NONE:
            size = _whole_characters(self._text, size)
        # A sentence may end among what goes unsaid; the rest of that is the next fragment's.
        position = min(boundary.position, self._origin + size)
        fragments: list[Fragment] = []
        start, done = self._start, 0
        for part in self._languages.parts(self._text[:size]):
            whole = part.end == size
            end = position if whole else self._origin + part.end
            last = self._ended and end == self._end
            strength = boundary.strength if whole else Strength.NONE
            ends_sentence = last or strength >= Strength.SENTENCE
            # Rules say numbers in one language; where another was guessed, they are left to the engine.
            ours = part.language.confidence in (0.0, 1.0) or part.language.tag.startswith("en")
            normaliser = self._normaliser if ours else None
            text = self._text[done : part.end]
            source, rendering = self._rendered(
                text, Span(start, end), normaliser, ends_sentence=ends_sentence
            )
            fragment = Fragment(
                index=self._count,
                source=source,
                spoken=rendering.spoken,
                text_map=rendering.text_map,
                pause_after=0.0 if last else PAUSES[strength],
                ends_sentence=ends_sentence,
                ends_paragraph=last or strength is Strength.PARAGRAPH,
                language=part.language,
                # A voice that changed in mid-sentence would be worse than one without a feeling.
                feeling=suggested(text) if ends_sentence and not self._in_sentence else "",
            )
            fragments.append(fragment)
            self._count += 1
            self._context = "" if ends_sentence else _one_line(self._context + text)[-CONTEXT:]
            self._in_sentence = not fragment.ends_sentence and (self._in_sentence or bool(fragment.spoken))
            start, done = end, part.end
        spoken = sum(len(fragment.spoken) for fragment in fragments)
        if spoken:
            self._schedule.advance(spoken)
        self._start, self._blank, self._silent = position, max(self._origin - position, 0), 0
        self._text = self._text[size:]
        self._drop_blank()
        while self._boundaries and self._boundaries[0].position <= position:
            self._boundaries.popleft()
        return fragments

    def _rendered(
        self, said: str, place: Span, normaliser: Normaliser | None, *, ends_sentence: bool
    ) -> tuple[Span, Rendering]:
        """Return what stretch of the source is said, and how; each begins where the last one ended."""
        if self._reader is None:
            source = place.shifted(self._source_offset)
            return source, render(
                said, source, normaliser, context=self._context, ends_sentence=ends_sentence
            )
        written = self._written.take(len(place), rest=self._flushing and place.end == self._end)
        rendering = render(
            said, written.spoken, normaliser, context=self._context, ends_sentence=ends_sentence
        )
        return written.source, replace(rendering, text_map=written.then(rendering.text_map))


def _one_line(text: str) -> str:
    return _SPACES.sub(" ", text)


def _whole_characters(text: str, size: int) -> int:
    """Return `size`, or a little less, so that a cut there leaves characters whole."""
    cut = size
    while 1 < cut < len(text) and size - cut < _LONGEST_CHARACTER:
        if not _joins(text[cut]) and text[cut - 1] != _JOINER:
            return cut
        cut -= 1
    return size


def _joins(character: str) -> bool:
    return character in _JOINED or unicodedata.category(character).startswith("M")
