"""Which engines a policy names, and in which order they are asked."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from parlando_kit.errors import ParlandoError
from parlando_router.engines import Engines
from parlando_router.policy import Choice, Policy, Route
from parlando_router.ports import Cost
from parlando_router.price import Price
from parlando_router.request import SpeechSettings
from parlando_scripted.clock import ManualClock
from tests.unit.router.cast import description, idle_worker, voice


def _route(*engines: str, target: float | None = None) -> Route:
    choices = tuple(Choice(engine, rank=rank) for rank, engine in enumerate(engines))
    return Route(choices, f"the route to {engines[0]}", target)


POLICY = Policy(
    languages={"hi": _route("bhasha"), "en": _route("kokoro", "espeak"), "en-in": _route("bhasha")},
    voices={"af_bella": _route("kokoro")},
    tiers={"gold": _route("cloud", "kokoro")},
    fallback=_route("espeak"),
)


@pytest.mark.parametrize(
    ("voice_id", "tier", "language", "engines"),
    [
        ("", "", "hi", ["bhasha", "espeak"]),
        ("", "", "EN", ["kokoro", "espeak"]),
        ("", "", "en-GB", ["kokoro", "espeak"]),
        ("", "", "en-IN-x", ["bhasha", "espeak"]),
        ("", "", "xx", ["espeak"]),
        ("", "", "", ["espeak"]),
        ("", "gold", "hi", ["cloud", "kokoro", "espeak"]),
        ("af_bella", "gold", "hi", ["kokoro", "espeak"]),
        ("", "lead", "hi", ["bhasha", "espeak"]),
    ],
)
def test_a_voice_decides_before_a_tier_and_a_tier_before_a_language(
    voice_id: str, tier: str, language: str, engines: list[str]
) -> None:
    routes = POLICY.routes(voice_id, tier, language)
    asked = [choice.engine for route in routes for choice in route.ordered(Random(1))]
    assert list(dict.fromkeys(asked)) == engines


def test_engines_of_one_rank_share_by_weight_and_ranks_keep_their_order() -> None:
    route = Route((Choice("a", weight=3), Choice("b", weight=1), Choice("c", rank=1)), "here")
    chance = Random(7)
    drawn = [[choice.engine for choice in route.ordered(chance)] for _ in range(4_000)]
    assert all(order[2] == "c" for order in drawn)
    assert Counter(order[0] for order in drawn)["a"] / 4_000 == pytest.approx(0.75, abs=0.03)


def _engines(first_chunk: float = 0.1) -> Engines:
    engines = Engines(ManualClock(), chance=Random(3))
    for rank, name in enumerate(("espeak", "kokoro", "cloud", "bhasha")):
        engines.add(name, idle_worker(), rank)
        languages = ("hi",) if name == "bhasha" else ("en", "hi")
        said = description(name, first_chunk=first_chunk if name == "kokoro" else 0.01)
        engines.answered(name, said, (voice(f"{name}-voice", *languages),))
    return engines


def _who(engines: Engines, language: str = "en", **settings: str) -> list[str]:
    found = engines.candidates(SpeechSettings(**settings), language)  # type: ignore[arg-type]  # all are texts
    return [candidate.engine for candidate in found]


def test_without_a_policy_engines_are_asked_in_the_order_of_the_configuration() -> None:
    engines = _engines()
    assert _who(engines) == ["espeak", "kokoro", "cloud"]
    assert engines.primary == "espeak"


def test_a_policy_decides_as_soon_as_it_is_told() -> None:
    engines = _engines()
    engines.take_policies({"default": POLICY, "night": Policy(fallback=_route("cloud"))})
    assert _who(engines) == ["kokoro", "espeak"]
    assert _who(engines, "hi") == ["bhasha", "espeak"]
    assert _who(engines, tier="gold") == ["cloud", "kokoro", "espeak"]
    assert _who(engines, policy="night") == ["cloud"]
    assert _who(engines, policy="unknown") == ["espeak", "kokoro", "cloud"]
    assert _who(engines, engine="cloud") == ["cloud"]
    assert engines.primary == "espeak"  # its fallback serves where nothing else decides
    first = engines.standings()[0]
    assert (first.name, first.place) == ("espeak", "by the route to espeak")
    engines.take_policies({})
    assert _who(engines) == ["espeak", "kokoro", "cloud"]


def test_it_is_explained_who_is_asked_for_what() -> None:
    engines = _engines()
    engines.take_policies({"default": Policy({"hi": _route("bhasha", "gone"), "fr": _route("kokoro")})})

    def explained(**settings: str) -> list[tuple[str, bool, bool]]:
        found = engines.standings(SpeechSettings(**settings))  # type: ignore[arg-type]  # all are texts
        return [(each.name, each.primary, each.asked) for each in found]

    assert explained(language="hi") == [
        ("bhasha", True, True),
        ("gone", False, False),
        ("espeak", False, False),
        ("kokoro", False, False),
        ("cloud", False, False),
    ]
    assert explained(language="hi", engine="cloud")[0] == ("cloud", True, True)
    by_voice = explained(voice="kokoro-voice", language="hi")
    assert by_voice[:2] == [("kokoro", True, True), ("bhasha", False, True)]
    places = {each.name: each.place for each in engines.standings(SpeechSettings(language="hi"))}
    assert places["gone"].endswith("but no worker of it has answered")
    assert places["cloud"] == "no route of the policy names it"
    [kokoro, *_] = engines.standings(SpeechSettings(language="fr"))
    assert (kokoro.name, kokoro.asked) == ("kokoro", False)
    assert kokoro.place.endswith('but it has no voice for "fr"')
    with pytest.raises(ParlandoError, match="is not known"):
        engines.standings(SpeechSettings(voice="nobody"))


def test_the_engine_that_speaks_already_goes_on() -> None:
    engines = _engines()
    found = engines.candidates(SpeechSettings(), "en", like="cloud:cloud-voice", engaged="cloud")
    assert [(each.engine, each.voice) for each in found] == [
        ("cloud", "cloud-voice"),
        ("espeak", "espeak-voice"),
        ("kokoro", "kokoro-voice"),
    ]


def test_an_engine_slower_than_the_target_is_asked_last() -> None:
    policy = {"default": Policy(fallback=_route("kokoro", "espeak", target=0.5))}
    for first_chunk, order in ((0.4, ["kokoro", "espeak"]), (0.6, ["espeak", "kokoro"])):
        engines = _engines(first_chunk)
        engines.take_policies(policy)
        assert _who(engines) == order


def test_a_policy_may_name_the_voice() -> None:
    engines = _engines()
    route = Route((Choice("kokoro", voice="kokoro-voice"), Choice("espeak", rank=1)), "here")
    engines.take_policies({"default": Policy(fallback=route)})
    found = engines.candidates(SpeechSettings(), "en")
    assert [(each.engine, each.voice) for each in found] == [("kokoro", "kokoro-voice"), ("espeak", "")]


def test_a_price_of_the_policy_goes_before_the_engine_s_own() -> None:
    engines = Engines(ManualClock())
    for name, price_nanos in (("dear", 16_000.0), ("own", 0.0), ("free", 16_000.0), ("other", 16_000.0)):
        engines.add(name, idle_worker())
        engines.answered(name, description(name, price_nanos=price_nanos), (voice("alto"),))
    agreed = {
        "dear": Price(Cost("EUR", 9_000_000_000)),
        "own": Price(Cost("EUR", 500_000_000)),
        "free": Price(Cost("", 0)),
    }
    engines.take_policies({"night": Policy(prices=agreed)})

    def costs(policy: str) -> list[Cost | None]:
        return [each.cost(1_000) for each in engines.candidates(SpeechSettings(policy=policy), "")]

    assert costs("") == [Cost("USD", 16_000_000), None, Cost("USD", 16_000_000), Cost("USD", 16_000_000)]
    assert costs("night") == [Cost("EUR", 9_000_000), Cost("EUR", 500_000), None, Cost("USD", 16_000_000)]
