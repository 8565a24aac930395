"""Piper's voices, as the index of those who publish them tells: sizes and MD5 of their files.

MD5 is what the index has. It tells a damaged file, and not one that somebody has forged.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from parlando_client.models import PIPER, FetchError, ModelFile, read

PUBLISHED = "https://huggingface.co/rhasspy/piper-voices/resolve/main"
"""The folder of all voices; its voices.json is the index."""

_CARD = "MODEL_CARD"
"""Says of what a voice was made, and under which licence; the same name for each."""

_LARGEST_INDEX = 16 << 20  # bytes; it had 0.2 MB in 2026


def published(voice: str, mirror: str) -> list[ModelFile]:
    """Return the files of a voice, after a look into the index.

    Args:
        voice: its name, "en_US-lessac-medium", or an alias of it.
        mirror: URL of a folder that holds voices.json and the files, each by its name and the card as
            NAME.MODEL_CARD; empty: where they are published.

    Raises:
        FetchError: the index cannot be had or read, or does not have the voice.
    """
    url = f"{mirror.rstrip('/') or PUBLISHED}/voices.json"
    try:
        index = json.loads(read(url, _LARGEST_INDEX))
        names = {alias: name for name in index for alias in (*index[name].get("aliases", ()), name)}
        if voice in names:
            return _files(names[voice], index[names[voice]]["files"])
    except (ValueError, LookupError, TypeError, AttributeError):
        raise FetchError(f"{url} is no index of Piper's voices") from None
    near = get_close_matches(voice, names, n=3, cutoff=0.6)
    advice = f": did you mean {', '.join(near)}?" if near else f"; {url} names those there are"
    raise FetchError(f"Piper has no voice {voice}{advice}")


def _files(voice: str, listed: Mapping[str, Mapping[str, Any]]) -> list[ModelFile]:
    """Return the network and what is said of it; the network last, so that a voice that is there is whole.

    Its card is one of a folder of its own where it is published: here it is named after the voice.
    """
    paths = {path.rpartition("/")[2]: path for path in listed}
    names = {f"{voice}.onnx.json": f"{voice}.onnx.json", f"{voice}.onnx": f"{voice}.onnx"}
    if _CARD in paths:
        names = {f"{voice}.{_CARD}": _CARD, **names}
    return [
        ModelFile(
            model=PIPER,
            name=name,
            variant="",
            url=f"{PUBLISHED}/{paths[published]}",
            size=int(listed[paths[published]]["size_bytes"]),
            digest=str(listed[paths[published]]["md5_digest"]),
            algorithm="md5",
        )
        for name, published in names.items()
    ]
