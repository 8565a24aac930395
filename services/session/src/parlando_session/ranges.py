"""Refusals that name their field."""

from __future__ import annotations

from parlando_kit.errors import ParlandoError, Reason


def out_of_range(path: str, what: str) -> ParlandoError:
    """Return the error of a field whose value cannot be taken; `what` follows the path in its message."""
    return ParlandoError(Reason.OUT_OF_RANGE, f"{path} {what}", field=path)


def require_range(value: float, low: float, high: float, path: str, unit: str = "") -> None:
    """Refuse a number outside [low, high], NaN included.

    Raises:
        ParlandoError: OUT_OF_RANGE.
    """
    if not low <= value <= high:
        raise out_of_range(path, f"is {value:,.10g}{unit}: use {low:,.10g} to {high:,.10g}{unit}")


def require_length(text: str, longest: int, path: str) -> None:
    """Refuse a text of more than `longest` code points, without quoting it.

    Raises:
        ParlandoError: OUT_OF_RANGE.
    """
    if len(text) > longest:
        raise out_of_range(path, f"has {len(text):,} characters: use at most {longest:,}")
