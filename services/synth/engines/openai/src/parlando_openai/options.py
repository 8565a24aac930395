"""Options of a job (`engine_options`) as a server takes them."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping

from parlando_kit.errors import ParlandoError, Reason

Reading = Callable[[str], object]
"""Reads an option's text; raises ValueError, which says what is expected, where it cannot be read."""

_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_PLACES = frozenset({"path", "paths", "file", "dir", "folder", "url", "uri", "audio", "wav", "clip"})
_UNSAFE = re.compile(r"[/\\\x00-\x1f]")  # what every address and every path has, and control characters
_GREATEST = 2**53  # whole numbers below it are the same in every reader of JSON
_MOST = 32  # parameters in one option
_LONGEST = 1_000  # characters of a parameter's text
_CLIP = re.compile(r"data:audio/[a-z0-9.+-]{1,40};base64,(?P<sound>[A-Za-z0-9+/]+={0,2})", re.IGNORECASE)
_OPENINGS = (b"RIFF", b"fLaC", b"OggS", b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2")


def word(value: str) -> object:
    """Read a name: letters, digits, ".", "_" and "-", 64 at most."""
    if not _WORD.fullmatch(value):
        raise ValueError("one word of at most 64 letters, digits, dots, hyphens or underscores is expected")
    return value


def sentence(value: str) -> object:
    """Read text that is not blank; how long it may be is bounded for all options."""
    if not value.strip():
        raise ValueError("a text is expected")
    return value


def yes_or_no(value: str) -> object:
    """Read true or false."""
    folded = value.strip().casefold()
    if folded not in {"true", "false"}:
        raise ValueError("true or false is expected")
    return folded == "true"


def one_of(*words: str) -> Reading:
    """Return what reads one of some words."""

    def read(value: str) -> object:
        if value not in words:
            raise ValueError(f"one of {', '.join(words)} is expected")
        return value

    return read


def number(least: int, most: int) -> Reading:
    """Return what reads a whole number within a range."""

    def read(value: str) -> object:
        if not re.fullmatch(r"-?\d{1,18}", value):
            raise ValueError("a whole number is expected")
        found = int(value)
        if not least <= found <= most:
            raise ValueError(f"{least} to {most} is expected")
        return found

    return read


def switches(*names: str) -> Reading:
    """Return what reads a JSON object of true and false by some names."""

    def read(value: str) -> object:
        found = _object(value)
        if found is None or not all(
            name in names and isinstance(switch, bool) for name, switch in found.items()
        ):
            raise ValueError(f"a JSON object of true or false by {', '.join(names)} is expected")
        return found

    return read


def parameters(value: str) -> dict[str, object]:
    """Read a JSON object of numbers, true and false, and texts, for the model behind a server.

    A model may open what a parameter names: nothing is taken that could be an address or a file.
    """
    found = _object(value)
    if found is None or len(found) > _MOST or not all(map(_is_plain, found.values())):
        raise ValueError(f"a JSON object of at most {_MOST} numbers, texts, true and false is expected")
    for name, parameter in found.items():
        if not _NAME.fullmatch(name) or _PLACES & set(name.casefold().split("_")):
            raise ValueError(
                "names of at most 64 letters, digits and underscores are expected, none of them that of a "
                "file, a clip or an address"
            )
        if isinstance(parameter, str) and (len(parameter) > _LONGEST or _UNSAFE.search(parameter)):
            raise ValueError(
                f"texts of at most {_LONGEST} characters are expected, in one line and without slashes: "
                "no addresses, and no files"
            )
    return found


def texts(value: str) -> object:
    """Read what `parameters` does, and return all of it as texts."""
    found = parameters(value).items()
    return {name: each if isinstance(each, str) else json.dumps(each) for name, each in found}


def clip(value: str) -> object:
    """Read a clip of a voice, whole in a data URL; nothing that a server would have to fetch or open."""
    found = _CLIP.fullmatch(value)
    encoded = found["sound"] if found and len(found["sound"]) % 4 == 0 else ""  # Python takes more padding
    try:
        sound = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        sound = b""
    if not sound.startswith(_OPENINGS):
        raise ValueError(
            "the clip itself is expected, as data:audio/ogg;base64,... (WAV, FLAC, Ogg or MP3); no address"
        )
    return value


def taken(
    options: Mapping[str, str], known: Mapping[str, Reading]
) -> tuple[dict[str, object], tuple[str, ...]]:
    """Return the options a server takes, read, and the paths of those it does not.

    Raises:
        ParlandoError: OUT_OF_RANGE: one cannot be read.
    """
    read: dict[str, object] = {}
    for name, value in options.items():
        if name in known:
            try:
                read[name] = known[name](value)
            except ValueError as error:
                path = f"engine_options.{name}"
                raise ParlandoError(Reason.OUT_OF_RANGE, f"{path}: {error}", field=path) from None
    return read, tuple(f"engine_options.{name}" for name in options if name not in known)


def _object(value: str) -> dict[str, object] | None:
    """Return the JSON object of a text; None where it is none. NaN and infinities are none."""
    try:
        found = json.loads(value, parse_constant=_refused)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _refused(_: str) -> object:
    raise ValueError


def _is_plain(value: object) -> bool:
    if isinstance(value, int | float):
        return abs(value) < _GREATEST  # an infinity is greater
    return isinstance(value, str)
