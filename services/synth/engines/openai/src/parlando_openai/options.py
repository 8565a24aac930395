"""Options of a job (`engine_options`) as a server takes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from parlando_kit.errors import ParlandoError, Reason

Reading = Callable[[str], object]
"""Reads an option's text; raises ValueError where it cannot be read."""


def text(value: str) -> object:
    """Read any text."""
    return value


def yes_or_no(value: str) -> object:
    """Read true or false."""
    folded = value.strip().casefold()
    if folded not in {"true", "false"}:
        raise ValueError("true or false is expected")
    return folded == "true"


def number(least: int, most: int) -> Reading:
    """Return what reads a whole number within a range."""

    def read(value: str) -> object:
        found = int(value)
        if not least <= found <= most:
            raise ValueError(f"{least} to {most} is expected")
        return found

    return read


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
                why = str(error) if "expected" in str(error) else "a whole number is expected"
                path = f"engine_options.{name}"
                raise ParlandoError(Reason.OUT_OF_RANGE, f"{path}: {why}", field=path) from None
    return read, tuple(f"engine_options.{name}" for name in options if name not in known)
