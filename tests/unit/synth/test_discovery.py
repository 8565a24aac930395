"""Engines by name, and settings from the environment."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from parlando_kit.errors import ParlandoError, Reason
from parlando_synth.discovery import installed
from parlando_synth.settings import SynthSettings


def test_an_engine_is_found_by_its_name() -> None:
    assert installed("scripted")().describe().name == "scripted"


def test_an_unknown_engine_names_the_known() -> None:
    with pytest.raises(ParlandoError, match=r'no engine "kokro" is installed.*scripted') as refused:
        installed("kokro")
    assert refused.value.reason is Reason.ENGINE_NOT_FOUND


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYNTH_ENGINE", "scripted")
    monkeypatch.setenv("SYNTH_PORT", "0")
    monkeypatch.setenv("SYNTH_MAX_QUEUED", "7")
    settings = SynthSettings()
    assert (settings.engine, settings.port, settings.max_queued) == ("scripted", 0, 7)


def test_settings_have_defaults_and_cannot_be_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SYNTH_ENGINE", "SYNTH_PORT"):
        monkeypatch.delenv(name, raising=False)
    settings = SynthSettings()
    assert (settings.engine, settings.host, settings.port) == ("espeak", "127.0.0.1", 50061)
    assert (settings.max_queued, settings.max_unread_seconds) == (32, 1_200.0)
    with pytest.raises(ValidationError):
        settings.port = 1


def test_every_setting_says_what_it_is() -> None:
    assert all(field.description for field in SynthSettings.model_fields.values())
