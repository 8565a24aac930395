from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlando_client.text import SourceText, check_text


@given(st.lists(st.text()), st.integers(0, 40), st.integers(0, 40))
def test_a_cut_of_a_growing_text_is_the_slice_of_the_whole(parts: list[str], start: int, end: int) -> None:
    text = SourceText()
    for part in parts:
        text.append(part)
    whole = "".join(parts)
    assert len(text) == len(whole)
    assert text.cut(start, end) == whole[start:end]


def test_a_lone_surrogate_is_refused_by_place_and_never_quoted() -> None:
    with pytest.raises(ValueError, match=r"^text has a lone surrogate at position 6: ") as raised:
        check_text("secret\ud83d", "text")
    error: BaseException | None = raised.value
    while error is not None:
        assert "secret" not in str(error)
        assert "secret" not in repr(error.args)
        error = error.__context__


@given(st.text())
def test_whole_characters_pass(text: str) -> None:
    check_text(text, "text")
