"""Bounds of what a caller may tell an engine."""

import pytest

from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.options import MAX_NAME, MAX_OPTIONS, MAX_VALUE, require_options


def test_all_that_is_allowed_is_taken() -> None:
    require_options({f"{number:0{MAX_NAME}}": "é" * MAX_VALUE for number in range(MAX_OPTIONS)}, "at")


@pytest.mark.parametrize(
    ("options", "field", "limit"),
    [
        ({str(number): "" for number in range(MAX_OPTIONS + 1)}, "at", "32"),
        ({"n" * (MAX_NAME + 1): ""}, "at", "64"),
        ({"name": "v" * (MAX_VALUE + 1)}, "at.name", "4,096"),
    ],
)
def test_what_is_too_much_is_refused_with_its_field_and_limit(
    options: dict[str, str], field: str, limit: str
) -> None:
    with pytest.raises(ParlandoError) as refused:
        require_options(options, "at")
    assert (refused.value.reason, refused.value.field) == (Reason.OUT_OF_RANGE, field)
    assert refused.value.message.startswith(field)
    assert limit in refused.value.message
