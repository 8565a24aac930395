"""What a whole system tells of its work: one trace over all hops, histograms, and never a spoken word."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
from websockets.sync.client import ClientConnection, connect

from parlando_client import Audio, Client, SpeechError
from parlando_client.aio import AsyncClient
from tests.e2e.conftest import running_up
from tests.ports import free_port
from tests.telemetry.call_graph import calls, hop, undeclared
from tests.telemetry.collector import Collector
from tests.telemetry.roads import take_all_roads

_WORD = "quixotryst"
_RESPONSES = 2
_MEASURED = ("router", "synth", "fragmenter", "edge")
_NAMES = ("envoy", "envoy_admin", "edge", "router", "session", "fragmenter", "synth")
_ENVOY_FLUSHES_WITHIN = 20.0
# Envoy's own rule is 5 s, and a request that begins as it has just flushed waits for all of them.
_ENVOY_FLUSHES_SOON = 3.0


@dataclass(frozen=True)
class Observed:
    """What a system told of six requests, each in a trace of its own, by the time it had ended.

    Attributes:
        said: spans of a Say, straight to the router.
        cancelled: spans of a Speak that was cancelled while it spoke.
        gone: spans of a Speak whose caller vanished while it spoke.
        over_http: spans of speech over HTTP, through Envoy.
        left_http: likewise, its client having left at the first sound.
        in_realtime: spans of a Realtime session with `_RESPONSES` responses, through Envoy.
        told: all else it told, by where: spans as sent, logs, metrics, answers to what was wrong.
        metrics: what a scrape of each service answered.
        while_spoken: likewise, in the middle of the Speak whose caller vanished; `metrics` are of after that.
        exemplars: the traces that histograms sent to the collector name, by the histogram's name and its hop.
        ids: the traces of the requests, by the names above.
        others: the traces of what was asked besides.
        envoy_took: seconds of a Say through Envoy, begun as Envoy had just sent its spans, until it sent
            those of this one.
    """

    said: list[dict[str, Any]]
    cancelled: list[dict[str, Any]]
    gone: list[dict[str, Any]]
    over_http: list[dict[str, Any]]
    left_http: list[dict[str, Any]]
    in_realtime: list[dict[str, Any]]
    told: dict[str, bytes]
    metrics: dict[str, str]
    while_spoken: dict[str, str]
    exemplars: dict[tuple[str, str], set[str]]
    ids: dict[str, str]
    others: set[str]
    envoy_took: float


def traceparent(trace_id: str) -> str:
    """Return the context of a caller in a trace."""
    return f"00-{trace_id}-{secrets.token_hex(8)}-01"


def say(router: str, trace_id: str, text: str, language: str = "") -> None:
    """Have a text spoken, and read all of it."""
    with Client(router) as client:
        for _ in client.say(text, traceparent=traceparent(trace_id), language=language):
            pass


async def speak_and_cancel(router: str, trace_id: str) -> None:
    """Have a long text spoken, and cancel it at the first sound."""
    context = traceparent(trace_id)
    async with AsyncClient(router) as client, client.speak(traceparent=context, playout="unpaced") as live:
        await live.send(f"The {_WORD} is heard, one two three four five six seven. " * 5)
        async for event in live:
            if isinstance(event, Audio):
                break
        live.cancel()
        live.end()
        async for _ in live:
            pass


async def speak_and_vanish(
    router: str, trace_id: str, scrape: Callable[[], dict[str, str]]
) -> dict[str, str]:
    """Have a long text spoken, leave at the first sound, and return what the services said of it before."""
    context = traceparent(trace_id)
    async with AsyncClient(router) as client, client.speak(traceparent=context) as live:
        await live.send(f"The {_WORD} is heard, one two three four five six seven. " * 5)
        async for event in live:
            if isinstance(event, Audio):
                break
        return await asyncio.to_thread(scrape)


def scraped(ports: Mapping[str, int]) -> dict[str, str]:
    """Return the metrics of each service."""
    return {name: httpx2.get(f"http://127.0.0.1:{port}/metrics").text for name, port in ports.items()}


def gauge(metrics: str, name: str) -> float:
    """Return what a gauge stands at, whatever it is of."""
    lines = [line for line in metrics.splitlines() if line.startswith(f"parlando_{name}{{")]
    assert lines, name
    return sum(float(line.rpartition(" ")[2]) for line in lines)


def scraped_once_idle(ports: Mapping[str, int]) -> dict[str, str]:
    """Return the metrics of each service, once the router has nothing under way."""
    give_up = time.monotonic() + 30
    while gauge((metrics := scraped(ports))["router"], "live_calls"):
        assert time.monotonic() < give_up
        time.sleep(0.05)
    return metrics


def leave_over_http(envoy: int, trace_id: str) -> None:
    """Have a long text spoken over HTTP, and leave at the first sound."""
    body = {"input": f"The {_WORD} is heard. " * 50, "voice": "alloy", "response_format": "pcm"}
    headers = {"traceparent": traceparent(trace_id)}
    url = f"http://127.0.0.1:{envoy}/v1/audio/speech"
    with httpx2.stream("POST", url, json=body, headers=headers, timeout=30) as answer:
        assert answer.status_code == 200
        next(answer.iter_raw())


def speak_in_realtime(envoy: int, trace_id: str) -> None:
    """Have responses spoken over a WebSocket, and one more that is cancelled at its first sound."""
    words = [{"type": "input_text", "text": f"The {_WORD} is heard."}]
    item = {"type": "message", "role": "user", "content": words}
    headers = {"traceparent": traceparent(trace_id)}
    with connect(f"ws://127.0.0.1:{envoy}/v1/realtime", additional_headers=headers) as socket:
        for _ in range(_RESPONSES):
            socket.send(json.dumps({"type": "conversation.item.create", "item": item}))
            socket.send(json.dumps({"type": "response.create"}))
            read_until(socket, "response.done")
        words = [{"type": "input_text", "text": f"The {_WORD} is heard. " * 50}]
        long = {"conversation": "none", "input": [{"type": "message", "role": "user", "content": words}]}
        socket.send(json.dumps({"type": "response.create", "response": long}))
        read_until(socket, "response.output_audio.delta")
        socket.send(json.dumps({"type": "response.cancel"}))
        read_until(socket, "response.done")
        # A connection that is closed at once takes its responses' last words with it.
        short = {"conversation": "none", "input": [item]}
        socket.send(json.dumps({"type": "response.create", "response": short}))
        read_until(socket, "response.done")


def read_until(socket: ClientConnection, kind: str) -> None:
    """Read events up to one of a kind."""
    while json.loads(socket.recv(timeout=30))["type"] != kind:
        pass


@pytest.fixture(scope="module")
def observed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Observed]:
    """A system that has spoken, was cancelled, and was stopped."""
    ports = {name: free_port() for name in _NAMES}
    scrapes = {name: free_port() for name in _MEASURED}
    said, cancelled, gone, over_http, left_http, in_realtime, refused, after_a_flush = (
        secrets.token_hex(16) for _ in range(8)
    )
    logs = tmp_path_factory.mktemp("trace") / "logs"
    with Collector() as collector, logs.open("wb") as log:
        environment = {
            **{f"{name.upper()}_PORT": str(port) for name, port in ports.items()},
            **{f"{name.upper()}_METRICS_PORT": str(port) for name, port in scrapes.items()},
            "SCRIPTED_RATE": "2",
            "PARLANDO_LOG_LEVEL": "DEBUG",
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
            "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": collector.url,
        }
        with running_up(environment, log):
            router = f"127.0.0.1:{ports['router']}"
            say(router, said, f"The {_WORD} is heard.")
            asyncio.run(speak_and_cancel(router, cancelled))
            with pytest.raises(SpeechError) as refusal:
                say(router, refused, f"The {_WORD} is heard.", language="no language")
            assert refusal.value.reason == "LANGUAGE_NOT_FOUND"
            answer = httpx2.post(
                f"http://127.0.0.1:{ports['envoy']}/v1/audio/speech",
                json={"input": f"The {_WORD} is heard.", "voice": "alloy", "response_format": "wav"},
                headers={"traceparent": traceparent(over_http)},
                timeout=30,
            )
            assert answer.status_code == 200
            leave_over_http(ports["envoy"], left_http)
            scraped_once_idle(scrapes)
            speak_in_realtime(ports["envoy"], in_realtime)
            answers = take_all_roads(ports, f"The {_WORD} is heard.")
            vanishing = speak_and_vanish(router, gone, lambda: scraped(scrapes))
            while_spoken = asyncio.run(vanishing)
            metrics = scraped_once_idle(scrapes)
            wait_for_envoy(collector, over_http)
            began = time.monotonic()
            say(f"127.0.0.1:{ports['envoy']}", after_a_flush, "Good morning.")
            wait_for_envoy(collector, after_a_flush)
            envoy_took = time.monotonic() - began
        ids = {
            "said": said,
            "cancelled": cancelled,
            "gone": gone,
            "over_http": over_http,
            "left_http": left_http,
            "in_realtime": in_realtime,
            "after_a_flush": after_a_flush,
        }
        told = {
            "spans": b"".join(collector.raw),
            "logs": logs.read_bytes(),
            "sent metrics": b"".join(collector.raw_metrics),
        }
        told |= {f"metrics of {name}": text.encode() for name, text in metrics.items()}
        told |= {f"errors by {road}": "".join(each).encode() for road, each in answers.items()}
        yield Observed(
            said=collector.trace(said),
            cancelled=collector.trace(cancelled),
            gone=collector.trace(gone),
            over_http=collector.trace(over_http),
            left_http=collector.trace(left_http),
            in_realtime=collector.trace(in_realtime),
            told=told,
            metrics=metrics,
            while_spoken=while_spoken,
            exemplars=collector.exemplars(),
            ids=ids,
            others=collector.traces() - set(ids.values()),
            envoy_took=envoy_took,
        )


def wait_for_envoy(collector: Collector, trace_id: str) -> None:
    """Return once Envoy has sent its part of a trace."""
    give_up = time.monotonic() + _ENVOY_FLUSHES_WITHIN
    while not any(hop(span)[0] == "envoy" for span in collector.trace(trace_id)):
        assert time.monotonic() < give_up, "Envoy sent nothing of the trace"
        time.sleep(0.1)


def events(spans: list[dict[str, Any]], service: str, name: str) -> list[str]:
    """Return the names of the events of a hop's only span."""
    (span,) = [span for span in spans if hop(span) == (service, name)]
    return [event["name"] for event in span["events"]]


def test_a_say_is_one_trace_from_router_to_engine(observed: Observed) -> None:
    assert calls(observed.said) == {
        (("router", "Say"), ("fragmenter", "FragmentText")),
        (("router", "Say"), ("synth", "Synthesize")),
        (("synth", "Synthesize"), ("synth", "engine")),
    }
    assert events(observed.said, "router", "Say") == ["first audio"]
    assert events(observed.said, "synth", "Synthesize") == ["first audio"]


_OF_A_STOP = {
    "parlando.cancel.engine_idle",
    "parlando.stop.outcome",
    "parlando.stop.samples_sent",
    "parlando.stop.fragments_dropped",
    "parlando.stop.samples_discarded",
    "parlando.stop.engine_time",
}


def test_a_cancel_is_seen_down_to_the_worker_with_both_clocks(observed: Observed) -> None:
    assert (("router", "Speak"), ("synth", "StopSynthesis")) in calls(observed.cancelled)
    assert undeclared(observed.cancelled) == set()
    (span,) = [span for span in observed.cancelled if hop(span) == ("router", "Speak")]
    (cancelled,) = [event for event in span["events"] if event["name"] == "cancelled"]
    assert cancelled["attributes"].keys() == {"parlando.cancel.last_byte", *_OF_A_STOP}
    assert events(observed.cancelled, "synth", "StopSynthesis") == ["engine idle"]


def test_where_the_caller_is_gone_the_trace_and_the_metrics_are_told(observed: Observed) -> None:
    assert (("router", "Speak"), ("synth", "StopSynthesis")) in calls(observed.gone)
    (span,) = [span for span in observed.gone if hop(span) == ("router", "Speak")]
    (gone,) = [event for event in span["events"] if event["name"] == "caller gone"]
    assert gone["attributes"].keys() == {"parlando.unheard", *_OF_A_STOP}
    counts = [
        gauge(metrics["router"], "cancel_engine_idle_seconds_count")
        for metrics in (observed.while_spoken, observed.metrics)
    ]
    assert counts[1] == counts[0] + 1


def test_what_is_made_and_not_heard_is_a_gauge_that_falls_to_nothing(observed: Observed) -> None:
    for service, name in (("router", "unheard"), ("router", "live_calls"), ("synth", "live_syntheses")):
        assert gauge(observed.while_spoken[service], name) > 0, name
        assert gauge(observed.metrics[service], name) == 0, name


def test_speech_over_http_is_one_trace_from_envoy_to_engine(observed: Observed) -> None:
    assert undeclared(observed.over_http) == set()
    by_id = {span["span_id"]: span for span in observed.over_http}
    (engine,) = [span for span in observed.over_http if hop(span) == ("synth", "engine")]
    way = []
    span: dict[str, Any] | None = engine
    while span is not None:
        way.append(hop(span)[0])
        span = by_id.get(span["parent_id"])
    assert list(dict.fromkeys(reversed(way))) == ["envoy", "edge", "router", "synth"]
    assert events(observed.over_http, "edge", "POST /v1/audio/speech") == ["first audio"]


def test_a_client_that_leaves_over_http_is_seen_at_each_hop(observed: Observed) -> None:
    told = events(observed.left_http, "edge", "POST /v1/audio/speech")
    assert told == ["first audio", "caller gone"]
    assert events(observed.left_http, "router", "Say") == ["first audio", "caller gone"]
    assert events(observed.left_http, "synth", "StopSynthesis") == ["engine idle"]


def test_a_realtime_session_is_one_trace_that_reaches_the_engine_and_the_session(observed: Observed) -> None:
    assert undeclared(observed.in_realtime) == set()
    edge, response, made = ("edge", "GET /v1/realtime"), ("edge", "response"), calls(observed.in_realtime)
    kept = ("session", "BatchPutTurns")
    assert {(edge, response), (response, ("router", "Speak")), (edge, kept)} <= made
    assert (("synth", "Synthesize"), ("synth", "engine")) in made


def test_each_response_of_a_realtime_session_is_a_span_with_its_own_first_audio(observed: Observed) -> None:
    responses = [span for span in observed.in_realtime if hop(span) == ("edge", "response")]
    ids = [span["attributes"]["gen_ai.response.id"] for span in responses]
    told = [[event["name"] for event in span["events"]] for span in responses]
    assert len(set(ids)) == len(ids) == _RESPONSES + 2
    assert sorted(told) == [["first audio"]] * (_RESPONSES + 1) + [["first audio", "cancelled", "cancelled"]]
    (connection,) = [span for span in observed.in_realtime if hop(span) == ("edge", "GET /v1/realtime")]
    assert {span["parent_id"] for span in responses} == {connection["span_id"]}
    assert connection["events"] == []


def test_envoy_sends_its_spans_without_waiting_for_others(observed: Observed) -> None:
    assert observed.envoy_took < _ENVOY_FLUSHES_SOON


def test_the_word_that_was_spoken_is_told_nowhere(observed: Observed) -> None:
    assert observed.said
    assert b"serves on" in observed.told["logs"]
    assert all(observed.told.values())
    assert [where for where, told in observed.told.items() if _WORD.encode() in told.lower()] == []


@pytest.mark.parametrize("service", _MEASURED)
def test_a_scrape_has_the_histogram_of_first_chunks(observed: Observed, service: str) -> None:
    counts = [
        float(line.rpartition(" ")[2])
        for line in observed.metrics[service].splitlines()
        if line.startswith("parlando_first_chunk_seconds_count") and f'parlando_hop="{service}"' in line
    ]
    assert sum(counts) >= 1
    if service != "fragmenter":  # which speaks with none
        assert 'parlando_engine="scripted"' in observed.metrics[service]


@pytest.mark.parametrize(
    ("histogram", "hops", "traced"),
    [
        (
            "first_chunk",
            _MEASURED,
            {"said", "cancelled", "gone", "over_http", "left_http", "in_realtime", "after_a_flush"},
        ),
        ("cancel.last_byte", ("router", "edge"), {"cancelled", "left_http", "in_realtime"}),
        (
            "cancel.engine_idle",
            ("router", "edge", "synth"),
            {"cancelled", "gone", "left_http", "in_realtime"},
        ),
    ],
)
def test_exemplars_lead_from_every_histogram_to_the_trace_of_a_call(
    observed: Observed, histogram: str, hops: tuple[str, ...], traced: set[str]
) -> None:
    for each in hops:
        named = observed.exemplars[f"parlando.{histogram}", each]  # of each bucket, the last
        assert named, each
        assert named <= {observed.ids[name] for name in traced} | observed.others, each
