"""Reading a JSON object as a pydantic model, with complaints of our own that quote nothing that was sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from parlando_kit.errors import ParlandoError, Reason

_SAID = "Input should "
_BOUNDS = {"greater_than_equal": ("ge", "or more"), "less_than_equal": ("le", "or less")}
_REASONS = {
    "missing": Reason.FIELD_REQUIRED,
    "string_pattern_mismatch": Reason.FIELD_REQUIRED,  # the one pattern asks for more than white space
    "string_too_short": Reason.FIELD_REQUIRED,
    "string_too_long": Reason.TEXT_TOO_LONG,
}


class Body(BaseModel):
    """A JSON object as a client sends it: unknown fields are ignored, and null counts as left out.

    What pydantic says of a wrong one quotes none of it.
    """

    model_config = ConfigDict(frozen=True, strict=True, allow_inf_nan=False, hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, values: Any) -> Any:
        if not isinstance(values, Mapping):
            return values
        return {name: value for name, value in values.items() if value is not None}


_Model = TypeVar("_Model", bound=Body)


def parse_model(values: dict[str, Any], model: type[_Model]) -> _Model:
    """Return a body as its model.

    Raises:
        ParlandoError: with the first field that is wrong.
    """
    try:
        return model.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
    field = ".".join(str(part) for part in first["loc"])
    reason = _REASONS.get(first["type"], Reason.OUT_OF_RANGE)
    if reason is Reason.FIELD_REQUIRED:
        raise ParlandoError(reason, f"{field} is missing or empty", field=field)
    if reason is Reason.TEXT_TOO_LONG:
        most = first["ctx"]["max_length"]
        raise ParlandoError(reason, f"{field} is too long: send at most {most:,} characters", field=field)
    if first["type"] in _BOUNDS:
        name, words = _BOUNDS[first["type"]]
        raise ParlandoError(
            reason, f"{field} is out of range: use {first['ctx'][name]:g} {words}", field=field
        )
    said = first["msg"]
    told = f"it should {said.removeprefix(_SAID)}" if said.startswith(_SAID) else "see /openapi.json"
    raise ParlandoError(reason, f"{field} has the wrong value: {told}", field=field)
