"""The stock client and the page, through the edge, in front of a real router, fragmenter and espeak-ng."""

from __future__ import annotations

import base64
import io
import itertools
import wave
from collections.abc import Iterator

import av
import grpc
import pytest
from openai import AsyncOpenAI
from playwright.async_api import expect

from parlando.synth.v1 import synth_pb2
from parlando.synth.v1.synth_service_pb2_grpc import SynthServiceStub
from tests.component.edge.browsing import chromium, opened
from tests.component.edge.router import new_router
from tests.component.edge.serving import NOWHERE, serving_before
from tests.e2e.conftest import System, running_system

TEXT = "Good morning. It costs $5 today, or so Dr. Brown says, in the old town by the sea."


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A system that speaks with espeak-ng, of this module's own."""
    with running_system(tmp_path_factory.mktemp("edge"), "espeak", {}) as running:
        yield running


def _decoded(name: str, data: bytes) -> int:
    """Return how many samples a file holds, at 24,000 Hz."""
    with av.open(io.BytesIO(data), mode="r", format={"opus": "ogg"}.get(name, name)) as file:
        seconds = [frame.samples / frame.sample_rate for frame in file.decode(file.streams.audio[0])]
    return round(sum(seconds) * 24_000)


async def _spoken(client: AsyncOpenAI, name: str) -> bytes:
    async with client.audio.speech.with_streaming_response.create(
        model="tts-1",
        voice="alloy",
        input=TEXT,
        response_format=name,  # type: ignore[arg-type]  # one of its own
    ) as response:
        assert float(response.headers["server-timing"].removeprefix("first-chunk;dur=")) > 0
        return b"".join([chunk async for chunk in response.iter_bytes()])


async def test_the_stock_client_hears_each_format(system: System) -> None:
    async with serving_before(system.router, NOWHERE, new_router()) as edge, edge.openai() as client:
        pcm = await _spoken(client, "pcm")
        samples = len(pcm) // 2
        assert samples > 3 * 24_000
        assert len(set(pcm)) > 200  # sound, not silence
        wav = await _spoken(client, "wav")
        with wave.open(io.BytesIO(wav)) as opened:
            assert (opened.getframerate(), opened.getnchannels()) == (24_000, 1)
        for name in ("wav", "mp3", "opus", "aac", "flac"):
            # Not bit-reproducible from call to call, and MP3 and AAC pad their ends.
            assert _decoded(name, await _spoken(client, name)) == pytest.approx(samples, abs=2_500), name


async def test_the_stock_client_has_a_sentence_spoken_in_realtime(system: System) -> None:
    async with (
        serving_before(system.router, NOWHERE, new_router()) as edge,
        edge.openai() as client,
        client.realtime.connect(model="gpt-realtime") as connection,
    ):
        await connection.session.update(session={"type": "realtime", "audio": {"output": {"voice": "alloy"}}})
        await connection.conversation.item.create(
            item={"type": "message", "role": "user", "content": [{"type": "input_text", "text": TEXT}]}
        )
        await connection.response.create()
        kinds: list[str] = []
        audio, transcript = b"", ""
        async for event in connection:
            kinds.append(event.type)
            if event.type == "response.output_audio.delta":
                audio += base64.b64decode(event.delta)
            if event.type == "response.output_audio_transcript.delta":
                transcript += event.delta
            if event.type == "response.done":
                assert event.response.status == "completed"
                break
    deltas = ("response.output_audio.delta", "response.output_audio_transcript.delta")
    once = [kind for kind, _ in itertools.groupby("delta" if kind in deltas else kind for kind in kinds)]
    assert once == [
        "session.created",
        "session.updated",
        "conversation.item.added",
        "conversation.item.done",
        "response.created",
        "response.output_item.added",
        "conversation.item.added",
        "response.content_part.added",
        "delta",
        "response.output_audio.done",
        "response.output_audio_transcript.done",
        "response.content_part.done",
        "response.output_item.done",
        "conversation.item.done",
        "response.done",
    ]
    assert transcript == TEXT
    assert len(audio) > 2 * 3 * 24_000


async def test_the_stock_clients_cancel_stops_real_engines(system: System) -> None:
    async with (
        serving_before(system.router, NOWHERE, new_router()) as edge,
        edge.openai() as client,
        client.realtime.connect(model="gpt-realtime") as connection,
    ):
        await connection.response.create(
            response={
                "input": [
                    {
                        "type": "message",
                        "role": "user",
                        "content": [{"type": "input_text", "text": TEXT * 50}],
                    }
                ]
            }
        )
        kinds: list[str] = []
        async for event in connection:
            if event.type == "response.output_audio.delta":
                break
        await connection.response.cancel()
        async for event in connection:
            kinds.append(event.type)
            if event.type == "response.done":
                assert event.response.status == "cancelled"
                break
        assert "response.output_audio.delta" not in kinds[kinds.index("response.output_audio.done") :]
        async with grpc.aio.insecure_channel(system.synth) as channel:
            stub = SynthServiceStub(channel)
            live = 1
            while live:
                live = (await stub.DescribeEngine(synth_pb2.DescribeEngineRequest())).load.live


async def test_the_page_speaks_a_paragraph_without_an_underrun(system: System) -> None:
    async with (
        serving_before(system.router, NOWHERE, new_router()) as edge,
        chromium() as browser,
        opened(browser, edge) as page,
    ):
        await page.get_by_label("Text to speak").fill(TEXT)
        await page.get_by_role("button", name="Speak").click()
        await expect(page.locator("mark.lit")).to_have_count(1)
        await expect(page.locator("#status")).to_have_text("Done.", timeout=60_000)
        assert await page.locator("#underruns").inner_text() == "0"
        heard, _, made = (await page.locator("#heard").inner_text()).partition(" of ")
        assert made == f"{heard} s"
        assert float(heard) > 3
