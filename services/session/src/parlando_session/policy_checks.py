"""What a policy may say. A bad one is refused whole, with the place named."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from parlando.session.v1.session_pb2 import Policy, Route
from parlando_kit.errors import ParlandoError, Reason
from parlando_session.checks import POLICY_NAME
from parlando_session.money import fault
from parlando_session.times import seconds_of

MAX_BYTES = 64 * 1024
"""Bytes of one policy."""

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*")
_ENGINE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_HEAVIEST = 1_000
_LATEST = 3_600
_LONGEST_KEY = 256


def check_policy(policy: Policy, engines: Collection[str]) -> None:
    """Refuse a policy that contradicts itself, or names what does not exist.

    Args:
        policy: the policy.
        engines: names of the engines there are; none where that is not known.

    Raises:
        ParlandoError: BAD_POLICY, its field the place at fault.
    """
    _Check(engines).policy(policy)


def bad(place: str, what: str) -> ParlandoError:
    """Return the error of a policy that is wrong at a place."""
    return ParlandoError(Reason.BAD_POLICY, f"{place}: {what}", field=place)


class _Check:
    def __init__(self, engines: Collection[str]) -> None:
        self._engines = engines

    def policy(self, policy: Policy) -> None:
        if not POLICY_NAME.fullmatch(policy.name):
            raise bad("policy.name", "use 1 to 64 lower-case letters, digits, '.', '_' and '-'")
        if policy.ByteSize() > MAX_BYTES:
            raise bad("policy", f"it has {policy.ByteSize():,} bytes: use at most {MAX_BYTES:,}")
        self._languages(policy.languages)
        self._routes(policy.voices, "policy.voices")
        self._routes(policy.tiers, "policy.tiers")
        if policy.HasField("fallback"):
            self._route(policy.fallback, "policy.fallback")
        for engine, price in policy.prices.items():
            place = _entry("policy.prices", engine)
            self._engine(engine, place)
            if wrong := fault(price):
                raise bad(place, f"the price {wrong}")
        for index, equivalence in enumerate(policy.equivalences):
            self._equivalence(equivalence.voices, f"policy.equivalences[{index}]")

    def _languages(self, routes: Mapping[str, Route]) -> None:
        seen: dict[str, str] = {}
        for tag in routes:
            place = _entry("policy.languages", tag)
            if not _LANGUAGE.fullmatch(tag):
                raise bad(place, "it is no BCP 47 tag, such as en or en-GB")
            if tag.casefold() in seen:
                raise bad(place, f'it is the same language as "{seen[tag.casefold()]}": keep one of them')
            seen[tag.casefold()] = tag
        self._routes(routes, "policy.languages")

    def _routes(self, routes: Mapping[str, Route], place: str) -> None:
        for key, route in routes.items():
            here = _entry(place, key)
            if not key or len(key) > _LONGEST_KEY:
                raise bad(here, f"the name has {len(key):,} characters: use 1 to {_LONGEST_KEY}")
            self._route(route, here)

    def _route(self, route: Route, place: str) -> None:
        if not route.engines:
            raise bad(place, "it names no engine: name one at least, or leave the entry out")
        if route.HasField("first_chunk_target") and not (0 < seconds_of(route.first_chunk_target) <= _LATEST):
            raise bad(f"{place}.first_chunk_target", f"use more than 0 and at most {_LATEST:,} s")
        seen: set[tuple[str, str]] = set()
        for index, choice in enumerate(route.engines):
            here = f"{place}.engines[{index}]"
            self._engine(choice.engine, here)
            if choice.HasField("weight") and not 1 <= choice.weight <= _HEAVIEST:
                raise bad(f"{here}.weight", f"it is {choice.weight:,}: use 1 to {_HEAVIEST:,}")
            if choice.rank < 0:
                raise bad(f"{here}.rank", f"it is {choice.rank:,}: use 0 or more")
            if len(choice.voice) > _LONGEST_KEY:
                raise bad(f"{here}.voice", f"use at most {_LONGEST_KEY} characters")
            if (choice.engine, choice.voice) in seen:
                raise bad(here, f'engine "{choice.engine}" is named before with the same voice')
            seen.add((choice.engine, choice.voice))

    def _equivalence(self, voices: Collection[str], place: str) -> None:
        if len(voices) < 2:  # noqa: PLR2004  # one voice is equivalent to nothing
            raise bad(place, "name two voices at least")
        seen: set[str] = set()
        for index, voice in enumerate(voices):
            here = f"{place}.voices[{index}]"
            engine, colon, name = voice.partition(":")
            if not colon or not name or len(voice) > _LONGEST_KEY:
                raise bad(here, 'write it as "engine:voice"')
            self._engine(engine, here)
            if voice in seen:
                raise bad(here, "it is in the list already")
            seen.add(voice)

    def _engine(self, name: str, place: str) -> None:
        if not _ENGINE.fullmatch(name):
            raise bad(place, "it names no engine: use 1 to 64 letters, digits, '.', '_' and '-'")
        if self._engines and name not in self._engines:
            raise bad(place, f'engine "{name}" is not known; there are {", ".join(sorted(self._engines))}')


def _entry(place: str, key: str) -> str:
    return f'{place}["{key[:64]}"]'
