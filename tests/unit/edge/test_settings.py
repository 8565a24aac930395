from __future__ import annotations

import pytest
from pydantic import ValidationError

from parlando_edge.settings import EdgeSettings


def test_every_setting_is_explained() -> None:
    assert [name for name, field in EdgeSettings.model_fields.items() if not field.description] == []


def test_addresses_and_bounds_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGE_PORT", "8123")
    monkeypatch.setenv("ROUTER_ADDRESS", "dns:///router:50051")
    monkeypatch.setenv("SESSION_ADDRESS", "session:50053")
    monkeypatch.setenv("EDGE_READER_SECONDS", "3")
    settings = EdgeSettings()
    assert (settings.port, settings.router, settings.session) == (
        8123,
        "dns:///router:50051",
        "session:50053",
    )
    assert settings.reader_seconds == 3


def test_the_page_lies_in_the_checkout_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EDGE_STUDIO", raising=False)
    assert (EdgeSettings().studio / "index.html").is_file()


@pytest.mark.parametrize("key", [" a key of sixteen", "a key of sixteen\n", " \t" * 8])
def test_a_key_that_no_header_could_carry_is_refused_and_not_shown(
    key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDGE_ADMIN_KEY", key)
    with pytest.raises(ValidationError, match="white space at its ends") as refused:
        EdgeSettings()
    assert "sixteen" not in str(refused.value)


def test_a_key_may_have_spaces_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGE_ADMIN_KEY", "a key of sixteen")
    assert EdgeSettings().admin_key.get_secret_value() == "a key of sixteen"
