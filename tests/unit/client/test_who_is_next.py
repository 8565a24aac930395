"""What the doctor says of engines."""

from __future__ import annotations

from parlando.speech.v1 import speech_pb2
from parlando.synth.v1 import synth_pb2
from parlando_client.catalogue import Engine, Replica
from parlando_client.cli.findings import Verdict
from parlando_client.cli.who_is_next import report

_FINE, _NOTE, _WRONG = Verdict.FINE, Verdict.NOTE, Verdict.WRONG
_START = "start one with `parlando up`, or list its address in ENGINES"
_OPEN = "its engine's breaker is open: 3 of the last 3 failed; it is tried again in 2 s"


def _replica(address: str, detail: str = "", voices: str = "") -> Replica:
    return Replica(address, not detail, detail, "1.2", 1, 2, 0.0123, voices)


def _engine(
    name: str,
    *replicas: Replica,
    place: str = "by policy.fallback",
    primary: bool = False,
    asked: bool = True,
) -> Engine:
    return Engine(name, primary, replicas, place, asked)


def _said(*engines: Engine, language: str = "") -> list[tuple[Verdict, str]]:
    return [(each.verdict, each.line) for each in report(engines, language)]


def test_who_is_next_and_what_all_are_doing() -> None:
    assert _said(
        _engine("kokoro", _replica("k:1"), primary=True),
        _engine("espeak", _replica("e:1"), _replica("e:2", "it drains, and takes no more work")),
        language="en",
    ) == [
        (_FINE, 'next: engine kokoro is asked first for a text in "en", by policy.fallback'),
        (_FINE, "engine kokoro at k:1: version 1.2, 1 speaking, 2 waiting, first chunk after 12 ms"),
        (_FINE, "engine espeak at e:1: version 1.2, 1 speaking, 2 waiting, first chunk after 12 ms"),
        (_NOTE, "engine espeak at e:2: not serving: it drains, and takes no more work"),
    ]


def test_why_the_primary_is_passed_over() -> None:
    first, *_ = _said(
        _engine("espeak", _replica("e:1")), _engine("kokoro", _replica("k:1", _OPEN), primary=True)
    )
    assert first == (
        _NOTE,
        f"next: engine espeak is asked first, by policy.fallback, because kokoro is not serving: {_OPEN}",
    )


def test_an_engine_that_a_policy_names_and_nobody_runs() -> None:
    lacking = "by policy.fallback, but no worker of it has answered"
    said = _said(_engine("espeak", _replica("e:1")), _engine("kokoro", place=lacking, asked=False))
    assert said[-1] == (
        _NOTE,
        f"engine kokoro: {lacking}: {_START}",
    )


def test_an_engine_that_is_up_and_not_asked() -> None:
    *_, last = _said(
        _engine("espeak", _replica("e:1")),
        _engine("cloud", _replica("c:1"), place="no route of the policy names it", asked=False),
    )
    assert last[0] is _FINE
    assert last[1].endswith("; not asked for this: no route of the policy names it")


def test_where_all_are_down_somebody_is_tried_all_the_same() -> None:
    said = _said(
        _engine("espeak", _replica("e:1", _OPEN)), _engine("", _replica("?:1", "it has not answered yet"))
    )
    assert said == [
        (_WRONG, "next: every engine is down or kept back; espeak is tried all the same, by policy.fallback"),
        (_WRONG, f"engine espeak at e:1: not serving: {_OPEN}"),
        (
            _WRONG,
            "worker at ?:1: not serving: it has not answered yet: start it, or take it out of ENGINES",
        ),
    ]


def test_where_nobody_speaks_the_language() -> None:
    first, *_ = _said(_engine("espeak", _replica("e:1"), asked=False), language="tlh")
    assert first == (_WRONG, 'next: nobody would be asked for a text in "tlh": see below what each lacks')


def test_a_router_without_engines() -> None:
    assert _said() == [(_WRONG, "engines: the router has none: set ENGINES to workers' addresses")]


def test_workers_whose_voices_differ_are_told_apart() -> None:
    alike = [_replica("c:1", voices="7f"), _replica("c:2", voices="7f")]
    behind, down = _replica("c:3", voices="a0"), _replica("c:4", "it is loading", voices="b1")
    for others in ((down,), (_replica("c:5"),)):
        assert not any(
            "different voices" in line for _, line in _said(_engine("chatterbox", *alike, *others))
        )
    verdict, line = _said(_engine("chatterbox", *alike, behind))[-1]
    assert verdict is _NOTE
    assert line.startswith("engine chatterbox: [c:1, c:2] and [c:3] have different voices: share one folder")


def test_what_a_worker_says_of_its_voices_is_read() -> None:
    described = synth_pb2.DescribeEngineResponse(voices_revision="7f")
    assert Replica.read(speech_pb2.EngineReplica(description=described)).voices_revision == "7f"
