"""Reading what a client sent as JSON: every value checked, every complaint naming its field."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from parlando_kit.errors import ParlandoError, Reason

_Json = Mapping[str, Any]

_DEEPEST = 100
"""Objects and lists within one another. orjson reads 1,024 of them and writes 254: what came must go out."""


def parse_object(data: bytes | str) -> dict[str, Any]:
    """Return the JSON object in `data`.

    Raises:
        ParlandoError: MALFORMED_MESSAGE when it is none. The message holds nothing of the data.
    """
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise ParlandoError(
            Reason.MALFORMED_MESSAGE,
            f"this is not JSON: it breaks off or goes wrong at line {error.lineno}, column {error.colno}",
        ) from None  # its own message quotes what was sent
    if not isinstance(value, dict):
        raise ParlandoError(Reason.MALFORMED_MESSAGE, "this is JSON, but not an object: send {…}")
    if _deeper(value, _DEEPEST):
        raise ParlandoError(
            Reason.MALFORMED_MESSAGE, f"this is JSON nested too deep: {_DEEPEST} objects and lists at most"
        )
    return value


def _deeper(value: _Json, most: int) -> bool:
    """Return whether more than `most` objects and lists lie within one another."""
    level: list[Any] = [value]
    for _ in range(most):
        inner = (each.values() if isinstance(each, dict) else each for each in level)
        level = [each for values in inner for each in values if isinstance(each, dict | list)]
        if not level:
            return False
    return True


class Fields:
    """The fields of one JSON object. A field that is null counts as left out.

    Args:
        values: the object.
        path: where it stands in the request, for complaints; "" at the top.
    """

    def __init__(self, values: _Json, path: str = "") -> None:
        self.values = values
        self._path = path

    def at(self, name: str) -> str:
        """Return a field's path."""
        return f"{self._path}.{name}" if self._path else name

    def given(self, name: str) -> bool:
        """Return whether the field was sent, with a value."""
        return self.values.get(name) is not None

    def text(self, name: str, default: str = "", *, longest: int) -> str:
        """Return a string of at most `longest` characters."""
        value = self._get(name, str, "a string")
        if value is None:
            return default
        if len(value) > longest:
            raise ParlandoError(
                Reason.TEXT_TOO_LONG,
                f"{self.at(name)} has {len(value):,} characters: send at most {longest:,}",
                field=self.at(name),
            )
        return str(value)

    def required_text(self, name: str, *, longest: int) -> str:
        """Return a string that must be there and must hold more than white space."""
        value = self.text(name, longest=longest)
        if not value or value.isspace():
            raise ParlandoError(
                Reason.FIELD_REQUIRED, f"{self.at(name)} is missing or empty", field=self.at(name)
            )
        return value

    def number(self, name: str, default: float, *, low: float, high: float) -> float:
        """Return a number in [low, high]."""
        value = self.values.get(name)
        if value is None:
            return float(default)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._wrong(name, f"a number from {low:g} to {high:g}")
        if not (math.isfinite(value) and low <= value <= high):
            raise ParlandoError(
                Reason.OUT_OF_RANGE,
                f"{self.at(name)} is {value:g}: use {low:g} to {high:g}",
                field=self.at(name),
            )
        return float(value)

    def whole(self, name: str, default: int, *, low: int, high: int) -> int:
        """Return a whole number in [low, high]."""
        value = self.number(name, default, low=low, high=high)
        if not value.is_integer():
            raise self._wrong(name, f"a whole number from {low} to {high}")
        return int(value)

    def flag(self, name: str, *, default: bool) -> bool:
        """Return true or false."""
        value = self._get(name, bool, "true or false")
        return default if value is None else bool(value)

    def one_of(self, name: str, choices: Sequence[str], default: str) -> str:
        """Return one of some words."""
        value = self.values.get(name)
        if value is None:
            return default
        if not isinstance(value, str) or value not in choices:
            raise self._wrong(name, f"one of {', '.join(choices)}")
        return value

    def child(self, name: str) -> Fields:
        """Return the object in a field; one without fields where it was left out."""
        return Fields(self._get(name, dict, "an object") or {}, self.at(name))

    def children(self, name: str, *, most: int) -> list[Fields]:
        """Return the objects in a list; none where it was left out."""
        values = self._get(name, list, "a list of objects") or []
        if len(values) > most:
            raise ParlandoError(
                Reason.OUT_OF_RANGE,
                f"{self.at(name)} has {len(values):,} entries: send at most {most:,}",
                field=self.at(name),
            )
        if not all(isinstance(value, dict) for value in values):
            raise self._wrong(name, "a list of objects")
        return [Fields(value, f"{self.at(name)}[{number}]") for number, value in enumerate(values)]

    def _get(self, name: str, kind: type, what: str) -> Any:
        value = self.values.get(name)
        if value is not None and not isinstance(value, kind):
            raise self._wrong(name, what)
        return value

    def _wrong(self, name: str, what: str) -> ParlandoError:
        return ParlandoError(
            Reason.OUT_OF_RANGE, f"{self.at(name)} has the wrong value: use {what}", field=self.at(name)
        )
