"""What the models differ in, as the service's documentation and its refusals say (November 2026)."""

from __future__ import annotations


def takes_language(model: str) -> bool:
    """Return whether a language may be named; others tell it by the text alone."""
    return model not in {"eleven_multilingual_v2", "eleven_monolingual_v1"}


def is_third(model: str) -> bool:
    """Return whether a model is of the third generation.

    They read directions in the text ("[sad]"), and refuse WebSockets (403) and the text around (400).
    """
    return model.startswith("eleven_v3")


def has_style(model: str) -> bool:
    """Return whether style and any stability may be asked for: of the second generation alone."""
    return "_v2" in model
