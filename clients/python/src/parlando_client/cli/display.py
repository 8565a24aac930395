"""What a terminal shows while a text is spoken: the words as they are heard, and how far a long text is."""

from __future__ import annotations

from collections.abc import Iterable
from types import TracebackType
from typing import Self

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from parlando_client.events import Progress, Word
from parlando_client.text import SourceText

LONG = 400
"""Code points from which on a text is long enough for its progress to be of interest."""


class Display:
    """Shows nothing where the console is no terminal.

    Args:
        console: where to.
        words: whether words are shown; only of use where they are heard.
    """

    def __init__(self, console: Console, *, words: bool) -> None:
        self._console = console
        self._show_words = words
        self._text = SourceText()
        self._words: list[Word] = []
        self._heard = 0  # words whose first sample has been played
        self._progress: Progress | None = None
        self._live = Live(console=console, auto_refresh=False, transient=not words)

    def wrote(self, text: str) -> None:
        """Note more text."""
        self._text.append(text)

    def timed(self, words: Iterable[Word]) -> None:
        """Note when words are heard."""
        self._words.extend(words)

    def progressed(self, progress: Progress) -> None:
        """Note how far the utterance is."""
        self._progress = progress

    def show(self, position: int) -> None:
        """Draw, with so many samples played."""
        while self._heard < len(self._words) and self._words[self._heard].first_sample <= position:
            self._heard += 1
        if self._live.is_started:
            self._live.update(self._drawn(), refresh=True)

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live.is_started:
            self._live.stop()

    def _drawn(self) -> Group:
        lines = []
        if self._show_words and self._words:
            lines.append(self._spoken())
        if self._progress is not None and len(self._text) >= LONG:
            lines.append(Text(_progress_line(self._progress), style="dim"))
        return Group(*lines)

    def _spoken(self) -> Text:
        """Return the text around the word that is heard: at most three lines before it, and one after."""
        current = self._words[self._heard - 1] if self._heard else None
        start, end = (current.start, current.end) if current else (0, 0)
        width = self._console.width
        return Text.assemble(
            _one_line(self._text.cut(max(0, end - 3 * width), start)),
            (_one_line(self._text.cut(start, end)), "bold reverse"),
            (_one_line(self._text.cut(end, end + width)), "dim"),
        )


def _one_line(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text)


def _progress_line(progress: Progress) -> str:
    share = f"{progress.fraction:4.0%}"
    if progress.time_left is None:
        return f"{share}, more text to come"
    minutes, seconds = divmod(round(progress.time_left), 60)
    return f"{share}, {minutes}:{seconds:02d} left"
