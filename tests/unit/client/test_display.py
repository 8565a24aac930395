from __future__ import annotations

import io

from rich.console import Console

from parlando_client.cli.display import LONG, Display
from parlando_client.events import Progress, TimingQuality, Word

TEXT = "Good\nmorning, everyone."


def word(start: int, end: int, first_sample: int) -> Word:
    return Word(TEXT[start:end], start, end, first_sample, 100, TimingQuality.EXACT)


def shown(console: Console) -> str:
    file = console.file
    assert isinstance(file, io.StringIO)
    text = file.getvalue()
    file.truncate(0)
    file.seek(0)
    return text


def test_the_word_that_is_heard_stands_out() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=60, color_system="standard")
    with Display(console, words=True) as display:
        display.wrote(TEXT)
        display.timed([word(0, 4, 0), word(5, 12, 100), word(14, 22, 200)])
        shown(console)
        display.show(150)
        assert "Good \x1b[1;7mmorning\x1b[0m\x1b[2m, everyone." in shown(console)
        display.show(250)
        assert "Good morning, \x1b[1;7meveryone\x1b[0m" in shown(console)


def test_a_long_text_shows_how_much_time_is_left() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=60, color_system=None)
    with Display(console, words=False) as display:
        display.progressed(Progress(epoch=1, source_done=1, source_received=2, fraction=0.25, time_left=61.2))
        display.wrote("x" * (LONG - 1))
        display.show(0)
        assert "left" not in shown(console)
        display.wrote("x")
        display.show(0)
        assert "25%, 1:01 left" in shown(console)


def test_what_is_no_terminal_is_shown_nothing() -> None:
    console = Console(file=io.StringIO(), width=60)
    with Display(console, words=True) as display:
        display.wrote(TEXT)
        display.timed([word(0, 4, 0)])
        display.show(10)
    assert shown(console) == ""
