"""Usage in OpenAI's shape. It has no room for anything but tokens."""

from __future__ import annotations

import math
from typing import Any

TOKENS_PER_SECOND = 20
"""Audio counts one token each 50 ms, as OpenAI counts what it speaks; text one a character."""


def usage_of(characters: int, seconds: float) -> dict[str, Any]:
    """Return the usage of a text and its audio, in the tokens of `TOKENS_PER_SECOND`."""
    audio = math.ceil(seconds * TOKENS_PER_SECOND)
    return {
        "total_tokens": characters + audio,
        "input_tokens": characters,
        "output_tokens": audio,
        "input_token_details": {"text_tokens": characters, "audio_tokens": 0, "cached_tokens": 0},
        "output_token_details": {"text_tokens": 0, "audio_tokens": audio},
    }
