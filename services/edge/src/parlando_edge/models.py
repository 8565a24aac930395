"""What a client may call a model or a voice, and what that means here."""

from __future__ import annotations

DEFAULT_MODEL = "parlando"
"""The model that leaves the choice of the engine to the router."""

_STOCK_MODELS = ("tts-", "gpt-")
"""Beginnings of the names that stock clients send; they leave the choice to the router as well."""

STOCK_VOICES = frozenset(
    {
        "alloy",
        "ash",
        "ballad",
        "cedar",
        "coral",
        "echo",
        "fable",
        "marin",
        "nova",
        "onyx",
        "sage",
        "shimmer",
        "verse",
    }
)
"""OpenAI's own voices. Where no engine has a voice of that name, the default voice speaks instead."""


def engine_of(model: str) -> str:
    """Return the engine a model's name asks for; "" leaves the choice to the router.

    Any name but ours and OpenAI's is an engine's: the router refuses one it does not know.
    """
    if model in ("", DEFAULT_MODEL) or model.startswith(_STOCK_MODELS):
        return ""
    return model
