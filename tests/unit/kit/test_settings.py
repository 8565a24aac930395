import pytest
from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import SettingsConfigDict

from parlando_kit.settings import ServerSettings


def test_every_setting_is_explained() -> None:
    assert [name for name, field in ServerSettings.model_fields.items() if not field.description] == []


def test_a_service_listens_on_loopback_and_sends_nothing_unless_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOST", "PORT", "OTEL_EXPORTER_OTLP_ENDPOINT", "METRICS_PORT", "PARLANDO_LOG_LEVEL"):
        monkeypatch.delenv(name, raising=False)
    settings = ServerSettings()
    assert settings.host == "127.0.0.1"
    assert (settings.otlp_endpoint, settings.metrics_port, settings.log_level) == ("", 0, "INFO")


def test_settings_come_from_the_environment_by_their_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4317")
    monkeypatch.setenv("PARLANDO_LOG_LEVEL", "WARNING")
    monkeypatch.setenv("PORT", "50099")
    settings = ServerSettings()
    assert settings.otlp_endpoint == "http://127.0.0.1:4317"
    assert (settings.log_level, settings.port) == ("WARNING", 50099)


def test_settings_are_frozen_and_given_by_name() -> None:
    settings = ServerSettings(otlp_endpoint="http://127.0.0.1:1", log_level="ERROR")
    assert settings.log_level == "ERROR"
    with pytest.raises(ValidationError, match="frozen"):
        settings.port = 1


@pytest.mark.parametrize(
    ("name", "value"),
    [("port", 65536), ("port", -1), ("drain_seconds", -0.1), ("max_message_bytes", 1), ("log_level", "LOUD")],
)
def test_a_setting_out_of_range_is_named(name: str, value: object) -> None:
    with pytest.raises(ValidationError) as refused:
        ServerSettings.model_validate({name: value})
    assert [error["loc"] for error in refused.value.errors()] in ([(name,)], [("PARLANDO_LOG_LEVEL",)])


class _Keyed(ServerSettings):
    model_config = SettingsConfigDict(env_prefix="KEYED_")

    key: SecretStr = Field(default=SecretStr(""), max_length=4, description="a key")
    rules: frozenset[str] = Field(default=frozenset(), description="names")


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("KEYED_KEY", "secret", "keyed: KEYED_KEY: Value should have at most 4 items"),
        ("KEYED_PORT", "many", "keyed: KEYED_PORT: Input should be a valid integer"),
        ("PARLANDO_LOG_LEVEL", "LOUD", "keyed: PARLANDO_LOG_LEVEL: String should match pattern"),
        ("KEYED_RULES", "emoji", 'keyed: error parsing value for field "rules"'),
    ],
)
def test_a_wrong_variable_ends_a_service_with_a_line_that_names_it_and_not_its_value(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, said: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SystemExit) as ended:
        _Keyed.from_environment()
    message = str(ended.value)
    assert message.startswith(said)
    assert value not in message
    assert "\n" not in message


def test_each_wrong_variable_has_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEYED_PORT", "many")
    monkeypatch.setenv("KEYED_KEY", "secret")
    with pytest.raises(SystemExit) as ended:
        _Keyed.from_environment()
    assert [line.split(": ")[1] for line in str(ended.value).splitlines()] == ["KEYED_PORT", "KEYED_KEY"]
