import pytest
from google.protobuf.json_format import ParseDict

from parlando.session.v1.session_pb2 import Policy
from parlando_kit.errors import ParlandoError, Reason
from parlando_session.policy_checks import MAX_BYTES, check_policy

_DOLLAR = {"currencyCode": "USD", "units": "1"}
_ENGINES = {"espeak", "kokoro"}


def _policy(fields: dict[str, object]) -> Policy:
    return ParseDict({"name": "default", **fields}, Policy())


def _route(**choice: object) -> dict[str, object]:
    return {"engines": [{"engine": "espeak"}, {"engine": "kokoro", **choice}]}


WHOLE: dict[str, object] = {
    "languages": {"en": _route(), "en-GB": _route(weight=1_000), "zh-Hant-TW": _route(rank=3)},
    "voices": {"af_bella": _route(voice="af_bella"), "kokoro:af_bella": _route()},
    "tiers": {"gold": {**_route(weight=1), "firstChunkTarget": "0.2s"}},
    "fallback": {"engines": [{"engine": "espeak", "voice": "a"}, {"engine": "espeak", "voice": "b"}]},
    "prices": {"kokoro": _DOLLAR, "espeak": {}},
    "equivalences": [
        {"voices": ["espeak:gmw/en-US", "kokoro:af_bella"]},
        {"voices": ["espeak:a", "espeak:b"]},
    ],
}


def test_a_whole_policy_is_taken() -> None:
    check_policy(_policy(WHOLE), _ENGINES)
    check_policy(_policy({}), _ENGINES)


def test_any_engine_is_taken_where_it_is_not_known_which_there_are() -> None:
    check_policy(_policy({"fallback": {"engines": [{"engine": "kokro"}]}}), ())


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"name": ""}, "policy.name"),
        ({"name": "Default"}, "policy.name"),
        ({"languages": {"hi": _route(engine="kokro")}}, 'policy.languages["hi"].engines[1]'),
        ({"languages": {"english": _route()}}, 'policy.languages["english"]'),
        ({"languages": {"": _route()}}, 'policy.languages[""]'),
        ({"languages": {"en": {}}}, 'policy.languages["en"]'),
        ({"voices": {"": _route()}}, 'policy.voices[""]'),
        ({"voices": {"x" * 257: _route()}}, 'policy.voices["' + "x" * 64 + '"]'),
        ({"voices": {"a": _route(engine="")}}, 'policy.voices["a"].engines[1]'),
        ({"tiers": {"gold": _route(weight=0)}}, 'policy.tiers["gold"].engines[1].weight'),
        ({"tiers": {"gold": _route(weight=1_001)}}, 'policy.tiers["gold"].engines[1].weight'),
        ({"tiers": {"gold": _route(rank=-1)}}, 'policy.tiers["gold"].engines[1].rank'),
        ({"tiers": {"gold": _route(voice="x" * 257)}}, 'policy.tiers["gold"].engines[1].voice'),
        ({"fallback": {}}, "policy.fallback"),
        ({"fallback": _route(engine="espeak")}, "policy.fallback.engines[1]"),
        ({"fallback": {**_route(), "firstChunkTarget": "0s"}}, "policy.fallback.first_chunk_target"),
        ({"fallback": {**_route(), "firstChunkTarget": "9999s"}}, "policy.fallback.first_chunk_target"),
        ({"prices": {"kokro": _DOLLAR}}, 'policy.prices["kokro"]'),
        ({"prices": {"kokoro": {"units": "1"}}}, 'policy.prices["kokoro"]'),
        ({"prices": {"kokoro": {"currencyCode": "USD", "nanos": -1}}}, 'policy.prices["kokoro"]'),
        ({"equivalences": [{"voices": ["espeak:a"]}]}, "policy.equivalences[0]"),
        ({"equivalences": [{"voices": ["espeak:a", "b"]}]}, "policy.equivalences[0].voices[1]"),
        ({"equivalences": [{"voices": ["espeak:a", "espeak:"]}]}, "policy.equivalences[0].voices[1]"),
        ({"equivalences": [{"voices": ["espeak:a", "kokro:b"]}]}, "policy.equivalences[0].voices[1]"),
        ({"equivalences": [{"voices": ["espeak:a", "espeak:a"]}]}, "policy.equivalences[0].voices[1]"),
        ({"voices": {str(n): {"engines": [{"engine": "espeak"}] * 100} for n in range(99)}}, "policy"),
    ],
)
def test_a_bad_policy_is_refused_with_its_place(fields: dict[str, object], place: str) -> None:
    with pytest.raises(ParlandoError) as refused:
        check_policy(_policy({**WHOLE, **fields}), _ENGINES)
    assert (refused.value.reason, refused.value.field) == (Reason.BAD_POLICY, place)
    assert refused.value.message.startswith(f"{place}: ")


def test_one_language_in_two_spellings_is_refused() -> None:
    with pytest.raises(ParlandoError, match=r'"en-[Gg][Bb]"\]: it is the same language as "en-[Gg][Bb]"'):
        check_policy(_policy({"languages": {"en-GB": _route(), "en-gb": _route()}}), _ENGINES)


def test_a_policy_of_the_largest_size_is_taken() -> None:
    policy = _policy({})
    policy.voices["a"].engines.add(engine="espeak", voice="x" * 256)
    index = 0
    while policy.ByteSize() < MAX_BYTES - 300:
        policy.voices[f"voice {index}"].CopyFrom(policy.voices["a"])
        index += 1
    check_policy(policy, _ENGINES)
