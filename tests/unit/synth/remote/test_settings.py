"""A key comes from the environment or a file, and is in nothing that is shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError
from pydantic_settings import SettingsConfigDict

from parlando_kit.errors import ParlandoError, Reason
from parlando_synth.remote.settings import RemoteSettings

KEY = "sk-planted-1234"


class _Settings(RemoteSettings):
    model_config = SettingsConfigDict(
        env_prefix="ACME_", frozen=True, extra="ignore", hide_input_in_errors=True
    )


def test_a_key_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACME_KEY", f" {KEY}\n")
    settings = _Settings()
    assert settings.secret().get_secret_value() == KEY
    for shown in (repr(settings), str(settings), repr(settings.secret()), str(settings.model_dump())):
        assert "planted" not in shown


def test_a_key_of_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(f"{KEY}\n")
    monkeypatch.setenv("ACME_KEY_FILE", str(file))
    assert _Settings().secret().get_secret_value() == KEY


def test_no_key_is_an_empty_one() -> None:
    assert _Settings().secret().get_secret_value() == ""


@pytest.mark.parametrize("key", ["sk-planted\nAuthorization: x", "sk planted", "sk-plänted", "sk-planted\0"])
def test_what_cannot_be_a_key_is_refused_without_being_shown(tmp_path: Path, key: str) -> None:
    file = tmp_path / "key"
    file.write_text(key)
    with pytest.raises(ParlandoError) as refused:
        _Settings(key_file=file).secret()
    assert refused.value.reason is Reason.ENGINE_KEY_REFUSED
    assert refused.value.message.startswith("ACME_KEY_FILE ")
    assert "pl" not in refused.value.message.removeprefix("ACME_KEY_FILE")


def test_a_file_that_is_not_there_is_named_by_its_setting(tmp_path: Path) -> None:
    with pytest.raises(ParlandoError, match="ACME_KEY_FILE cannot be read"):
        _Settings(key_file=tmp_path / "none").secret()


def test_a_setting_that_is_wrong_shows_none_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACME_KEY", KEY)
    monkeypatch.setenv("ACME_LIVE", "many")
    with pytest.raises(ValidationError) as refused:
        _Settings()
    assert "live" in str(refused.value)
    assert "planted" not in str(refused.value) + repr(refused.value)
