import pytest
from google.protobuf.json_format import ParseDict

from parlando.session.v1.session_pb2 import Session
from parlando_kit.errors import ParlandoError, Reason
from parlando_session.checks import check_session

_NOTE = "x" * 512


def _session(fields: dict[str, object]) -> Session:
    return ParseDict({"ttl": "60s", **fields}, Session())


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"ttl": "1s"},
        {"ttl": "2592000s"},
        {"policy": "night.2-x_y"},
        {"metadata": {str(n): _NOTE for n in range(16)}},
        {"protocolSettings": "é" * 32_768},
        {"budget": {"cost": {"currencyCode": "USD", "units": "1"}, "characters": "0"}},
        {"budget": {"cost": {}}},
        {"settings": {"prosody": {"speed": 0.25, "pitchSemitones": -12, "volumeDb": -40}}},
        {"settings": {"prosody": {"speed": 4, "pitchSemitones": 12, "volumeDb": 12}}},
        {"settings": {"emotion": {"intensity": 0}, "flushAfter": "0.010s", "playoutBudget": "0.3s"}},
        {"settings": {"format": {"sampleRateHz": 8000, "bitRateBps": 6000}, "limits": {"firstChunk": "1s"}}},
        {"settings": {"schedule": {"firstCodePoints": 1, "growth": 8, "maxCodePoints": 4000}}},
    ],
)
def test_what_the_contract_allows_is_taken(fields: dict[str, object]) -> None:
    check_session(_session(fields))


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"ttl": "0.999s"}, "session.ttl"),
        ({"ttl": "-5s"}, "session.ttl"),
        ({"ttl": "2592001s"}, "session.ttl"),
        ({"policy": "Night"}, "session.policy"),
        ({"policy": "x" * 65}, "session.policy"),
        ({"metadata": {str(n): "" for n in range(17)}}, "session.metadata"),
        ({"metadata": {_NOTE + "x": ""}}, "session.metadata"),
        ({"metadata": {"a": _NOTE + "x"}}, 'session.metadata["a"]'),
        ({"protocolSettings": "é" * 32_769}, "session.protocol_settings"),
        ({"budget": {"cost": {"currencyCode": "USD", "units": "-1"}}}, "session.budget.cost"),
        ({"budget": {"cost": {"units": "1"}}}, "session.budget.cost"),
        ({"budget": {"characters": "-1"}}, "session.budget.characters"),
        ({"settings": {"prosody": {"speed": 99}}}, "session.settings.prosody.speed"),
        ({"settings": {"prosody": {"speed": 0.2}}}, "session.settings.prosody.speed"),
        ({"settings": {"prosody": {"speed": "NaN"}}}, "session.settings.prosody.speed"),
        ({"settings": {"prosody": {"pitchSemitones": 13}}}, "session.settings.prosody.pitch_semitones"),
        ({"settings": {"prosody": {"volumeDb": "-Infinity"}}}, "session.settings.prosody.volume_db"),
        ({"settings": {"emotion": {"intensity": 1.1}}}, "session.settings.emotion.intensity"),
        ({"settings": {"format": {"sampleRateHz": 7999}}}, "session.settings.format.sample_rate_hz"),
        ({"settings": {"format": {"bitRateBps": 1}}}, "session.settings.format.bit_rate_bps"),
        ({"settings": {"format": {"codec": 99}}}, "session.settings.format.codec"),
        ({"settings": {"format": {"container": 99}}}, "session.settings.format.container"),
        ({"settings": {"markup": 99}}, "session.settings.markup"),
        ({"settings": {"playoutMode": -1}}, "session.settings.playout_mode"),
        ({"settings": {"playoutBudget": "61s"}}, "session.settings.playout_budget"),
        ({"settings": {"limits": {"firstChunk": "0s"}}}, "session.settings.limits.first_chunk"),
        ({"settings": {"flushAfter": "0.001s"}}, "session.settings.flush_after"),
        (
            {"settings": {"schedule": {"firstCodePoints": 0}}},
            "session.settings.schedule.first_code_points",
        ),
        ({"settings": {"schedule": {"growth": 9}}}, "session.settings.schedule.growth"),
        ({"settings": {"schedule": {"maxCodePoints": 9}}}, "session.settings.schedule.max_code_points"),
        ({"settings": {"sessionId": "a"}}, "session.settings.session_id"),
        ({"settings": {"engineOptions": {"a": "x" * 16_384}}}, "session.settings"),
    ],
)
def test_what_it_does_not_is_refused_by_name(fields: dict[str, object], field: str) -> None:
    with pytest.raises(ParlandoError) as refused:
        check_session(_session(fields))
    assert (refused.value.reason, refused.value.field) == (Reason.OUT_OF_RANGE, field)
    assert refused.value.message.startswith(field)


def test_a_refusal_says_what_would_be_taken() -> None:
    with pytest.raises(ParlandoError, match=r"^session.settings.prosody.speed is 99: use 0.25 to 4$"):
        check_session(_session({"settings": {"prosody": {"speed": 99}}}))
