"""What is spoken does not show where somebody looks at what holds it: in a traceback, or in a log."""

from __future__ import annotations

from parlando_fragmenter.fragmenter import Fragmenter
from parlando_fragmenter.normalisation.normaliser import normaliser_for
from parlando_fragmenter.rendering import render
from parlando_kit.spans import Span

_TEXT = "The xylophone costs $5."


def test_what_is_spoken_is_not_shown() -> None:
    normaliser = normaliser_for("en")
    assert normaliser is not None
    fragmenter = Fragmenter(normaliser=normaliser)
    fragments = [*fragmenter.feed(_TEXT), *fragmenter.end()]
    assert fragments
    rewritten = normaliser.rewrite(_TEXT)
    assert rewritten is not None
    for holder in (*fragments, rewritten, render(_TEXT, Span(0, len(_TEXT)))):
        assert "xylophone" not in repr(holder)
