"""Settings that only one engine has: how many and how long a caller's may be."""

from __future__ import annotations

from collections.abc import Mapping

from parlando_kit.errors import ParlandoError, Reason

MAX_OPTIONS = 32
"""Most options of one call."""

MAX_NAME = 64
"""Longest name of an option, in characters."""

MAX_VALUE = 4_096
"""Longest value of an option, in characters: `instructions` of OpenAI's are as long."""


def require_options(options: Mapping[str, str], path: str) -> None:
    """Refuse options that are too many or too long.

    Args:
        options: values by name.
        path: of their field. Example: "settings.engine_options".

    Raises:
        ParlandoError: OUT_OF_RANGE with `path`, and the option's name behind it where a value is too long.
    """
    if len(options) > MAX_OPTIONS:
        raise _out_of_range(path, f"has {len(options):,} entries: use at most {MAX_OPTIONS}")
    for name, value in options.items():
        if len(name) > MAX_NAME:
            raise _out_of_range(path, f"has a name of {len(name):,} characters: use at most {MAX_NAME}")
        if len(value) > MAX_VALUE:
            raise _out_of_range(f"{path}.{name}", f"has {len(value):,} characters: use at most {MAX_VALUE:,}")


def _out_of_range(path: str, fault: str) -> ParlandoError:
    return ParlandoError(Reason.OUT_OF_RANGE, f"{path} {fault}", field=path)
