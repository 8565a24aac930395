"""A real Chromium through Envoy: the page, and gRPC-Web from pages that may and may not call."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Error, Page, WebSocket, expect

from parlando.speech.v1 import speech_pb2
from tests.browsing import chromium, opened, reload
from tests.e2e.live import load, wait_until_idle
from tests.e2e.through import Through

pytestmark = pytest.mark.asyncio(loop_scope="module")

_log = logging.getLogger(__name__)

_SENTENCE = "The harbour is quiet in the morning, and only the gulls are awake when the boats go out. "
_SPOKEN_SECONDS = 4
"""What the sentence lasts, nearly."""

# Run before the page: tells what its worklet tells, and listens to what its worklet puts out.
_LISTEN = """
window.told = [];
window.lit = [];
window.AudioWorkletNode = class extends AudioWorkletNode {
  constructor(context, ...rest) {
    super(context, ...rest);
    this.port.addEventListener("message", ({ data }) => window.told.push(data));
    window.ear = new AnalyserNode(context, { fftSize: 32768 });
    this.connect(window.ear);
    const now = () => context.getOutputTimestamp().contextTime;
    document.getElementById("stop").addEventListener(
      "click", () => (window.stoppedAt = context.currentTime), { capture: true });
    new MutationObserver(() => {
      const mark = document.querySelector("mark.lit");
      if (mark && window.lit.at(-1)?.word !== mark.textContent)
        window.lit.push({ word: mark.textContent, at: now() });
    }).observe(document.getElementById("lights"), { subtree: true, attributes: true });
  }
};
// Returns how long after the click the worklet was silent, in seconds, by the clock of the samples.
window.silentAfter = () => {
  const samples = new Float32Array(32768);
  window.ear.getFloatTimeDomainData(samples);
  const end = window.ear.context.currentTime;
  const last = samples.findLastIndex((sample) => sample !== 0);
  return end - (samples.length - 1 - last) / window.ear.context.sampleRate - window.stoppedAt;
};
"""

# Calls a method that streams, and returns flags and content of each frame, as they came: in hex, since two
# million numbers take a browser's driver many seconds.
_CALL = """async ([url, message]) => {
  const frame = new Uint8Array(5 + message.length);
  new DataView(frame.buffer).setUint32(1, message.length);
  frame.set(message, 5);
  const answer = await fetch(url, {
    method: "POST", body: frame,
    headers: { "content-type": "application/grpc-web+proto", "x-grpc-web": "1" },
  });
  const reader = answer.body.getReader();
  let [waiting, reads, frames] = [[], 0, []];
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    reads += 1;
    waiting = [...waiting, ...part.value];
    while (waiting.length >= 5) {
      const length = new DataView(Uint8Array.from(waiting.slice(1, 5)).buffer).getUint32(0);
      if (waiting.length < 5 + length) break;
      const content = waiting.slice(5, 5 + length).map((byte) => byte.toString(16).padStart(2, "0"));
      frames.push([waiting[0], content.join("")]);
      waiting = waiting.slice(5 + length);
    }
  }
  return { status: answer.status, reads, frames, left: waiting.length };
}"""


# Asks for speech with headers of OpenAI's client in a browser, which asks first whether it may send them.
_ASK = """async (url) => {
  const answer = await fetch(url, {
    method: "POST", body: JSON.stringify({ model: "tts-1", voice: "alloy", input: "Hello there." }),
    headers: {
      "authorization": "Bearer none", "content-type": "application/json", "openai-project": "proj_1",
      "x-stainless-lang": "js", "x-stainless-runtime": "browser:chrome", "x-stainless-retry-count": "0",
    },
  });
  return { status: answer.status, bytes: (await answer.arrayBuffer()).byteLength };
}"""


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    """A Chromium for all tests of this module, in which a name of elsewhere leads to this machine."""
    async with chromium("--host-resolver-rules=MAP elsewhere.example 127.0.0.1") as running:
        yield running


async def _at(browser: Browser, through: Through, host: str) -> Page:
    """Open something of an origin of the host's, that has no rules of its own on what it may load."""
    page = await browser.new_page()
    await page.goto(f"http://{host}:{through.port}/healthz")
    return page


async def _call(page: Page, through: Through) -> Any:
    message = speech_pb2.SayRequest(text=(_SENTENCE * 10).strip()).SerializeToString()  # no single read
    url = through.url("/parlando.speech.v1.SpeechService/Say")
    return await page.evaluate(_CALL, [url, list(message)])


async def test_a_page_of_an_allowed_origin_gets_frames_and_trailers(
    browser: Browser, espeak_through: Through
) -> None:
    page = await _at(browser, espeak_through, "localhost")
    answer = await _call(page, espeak_through)
    assert (answer["status"], answer["left"]) == (200, 0)
    assert answer["reads"] > 1  # they came one after another
    *messages, (flags, trailers) = answer["frames"]
    assert flags == 0x80
    assert b"grpc-status:0" in bytes.fromhex(trailers)
    assert {flags for flags, _ in messages} == {0}
    responses = [speech_pb2.SayResponse.FromString(bytes.fromhex(content)) for _, content in messages]
    events = [event for response in responses for event in response.events]
    samples = sum(event.audio.sample_count for event in events)
    assert events[-1].finished.sample_count == samples > 24_000
    await page.close()


async def test_a_page_of_an_allowed_origin_sends_what_openais_client_does(
    browser: Browser, espeak_through: Through
) -> None:
    page = await _at(browser, espeak_through, "localhost")
    answer = await page.evaluate(_ASK, espeak_through.url("/v1/audio/speech"))
    assert answer["status"] == 200
    assert answer["bytes"] > 1_000
    await page.close()


async def test_a_page_of_another_origin_is_kept_out(browser: Browser, espeak_through: Through) -> None:
    page = await _at(browser, espeak_through, "elsewhere.example")
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    before = load(espeak_through.synth).total
    with pytest.raises(Error, match="Failed to fetch"):
        await _call(page, espeak_through)
    assert "blocked by CORS policy" in "".join(said)
    assert load(espeak_through.synth).total == before  # it was not even asked for
    await page.close()


def _note_words(page: Page) -> list[tuple[str, float]]:
    """Return a list that fills with each word that the page is told, and where in the sound it begins."""
    words: list[tuple[str, float]] = []

    def note(message: str | bytes) -> None:
        event = json.loads(message)
        if event["type"] == "response.audio_timestamp.delta":
            words.append((event["text"].strip(), event["audio_offset_ms"] / 1000))

    def on_socket(socket: WebSocket) -> None:
        socket.on("framereceived", note)

    page.on("websocket", on_socket)
    return words


async def _speak(browser: Browser, through: Through, seconds: int) -> None:
    """Have the page speak for so long, and look at its sound and its words."""
    text = (_SENTENCE * (seconds // _SPOKEN_SECONDS + 1)).strip()
    async with opened(browser, through.port, _LISTEN) as page:
        words = _note_words(page)
        await reload(page)
        await page.get_by_label("Text to speak").fill(text)
        await page.get_by_role("button", name="Speak").click()
        await expect(page.locator("#status")).to_have_text("Done.", timeout=(2 * seconds + 30) * 1000)
        told = await page.evaluate("window.told")
        lit = await page.evaluate("window.lit")
        first_sound = await page.locator("#first-sound").inner_text()
    begun, done = told[0], told[-1]
    assert (begun["kind"], done["kind"]) == ("begun", "done")
    assert done["played"] >= seconds * 24_000
    assert done["underruns"] == 0
    assert [word for word, _ in words] == text.split()
    # Each word in its turn, never before it is heard; a machine that is busy draws some late, or not at all.
    known = iter(words)
    lateness = []
    for mark in lit:
        offset = next(offset for word, offset in known if word == mark["word"])
        lateness.append(mark["at"] - begun["time"] - offset)
    assert len(lit) > len(words) / 2
    assert min(lateness) > -0.05
    _log.info(
        "%.1f s without an underrun; first sound after %s; %d of %d words lit, half of them within %.0f ms",
        done["played"] / 24_000,
        first_sound,
        len(lit),
        len(words),
        1000 * sorted(lateness)[len(lateness) // 2],
    )


async def test_the_page_speaks_without_an_underrun_and_words_light_up_as_they_are_heard(
    browser: Browser, espeak_through: Through
) -> None:
    await _speak(browser, espeak_through, 5)


@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_the_page_speaks_for_a_minute(browser: Browser, espeak_through: Through) -> None:
    await _speak(browser, espeak_through, 60)


async def test_stop_silences_the_page_and_the_engine(browser: Browser, espeak_through: Through) -> None:
    async with opened(browser, espeak_through.port, _LISTEN) as page:
        await page.get_by_label("Text to speak").fill(_SENTENCE * 100)
        await page.get_by_role("button", name="Speak").click()
        await expect(page.locator("mark.lit")).to_have_count(1)
        silent_after = await page.evaluate("""async () => {
            document.getElementById("stop").click();
            await new Promise((resolve) => setTimeout(resolve, 500));
            return window.silentAfter();
        }""")
        await expect(page.locator("#status")).to_have_text("Stopped.")
    _log.info("silent %.0f ms after the click", 1000 * silent_after)
    assert -0.5 < silent_after < 0.25  # it was heard until then
    await asyncio.to_thread(wait_until_idle, espeak_through.synth)
