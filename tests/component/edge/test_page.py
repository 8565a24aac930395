"""The page in a real Chromium."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.browsing import chromium, opened
from tests.component.edge.serving import serving, until_idle

pytestmark = pytest.mark.asyncio(loop_scope="module")

_STUDIO = Path(__file__).parents[3] / "studio"

TEXT = "Every word of this text — naïve, 日本語 and 😀 among them — lights up once, as it is heard."

# Noted in the page while it speaks: each word that was lit, in order.
_NOTE_WORDS = """() => {
    window.lit = [];
    const note = () => {
        const mark = document.querySelector("mark.lit");
        if (mark && window.lit.at(-1) !== mark.textContent) window.lit.push(mark.textContent);
    };
    new MutationObserver(note).observe(document.getElementById("lights"), {
        subtree: true, attributes: true, attributeFilter: ["class"],
    });
}"""


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    """A Chromium for all tests of this module."""
    async with chromium() as running:
        yield running


async def test_a_text_is_spoken_without_a_gap_and_its_words_light_up(browser: Browser) -> None:
    async with serving() as edge, opened(browser, edge.port) as page:
        await page.get_by_label("Text to speak").fill(TEXT)
        await page.evaluate(_NOTE_WORDS)
        await page.get_by_role("button", name="Speak").click()
        await expect(page.locator("#status")).to_have_text("Done.")
        assert edge.router.texts == [TEXT]
        seconds = len(TEXT) / 100
        assert await page.locator("#heard").inner_text() == f"{seconds:.1f} of {seconds:.1f} s"
        assert (await page.locator("#first-sound").inner_text()).endswith(" ms")
        await expect(page.locator("#underruns")).to_have_text("0")
        lit: list[str] = await page.evaluate("window.lit")
        words = iter(TEXT.split())
        assert lit != []
        assert all(word in words for word in lit), lit  # in order; a busy machine may draw less often


async def test_a_gap_that_could_not_be_avoided_is_counted(browser: Browser) -> None:
    text = "Antidisestablishmentarianism and more."
    async with serving() as edge, opened(browser, edge.port) as page:
        await page.get_by_label("Text to speak").fill(text)
        await page.get_by_label("Voice").select_option("fake:halts")
        await page.get_by_role("button", name="Speak").click()
        await expect(page.locator("#underruns")).to_have_text("1")
        edge.router.released.set()
        await expect(page.locator("#status")).to_have_text("Done.")
        assert await page.locator("#underruns").inner_text() == "1"
        assert await page.locator("#heard").inner_text() == "0.4 of 0.4 s"


async def test_stop_silences_at_once_and_the_page_speaks_again(browser: Browser) -> None:
    async with serving() as edge, opened(browser, edge.port) as page:
        await expect(page.get_by_role("button", name="Stop")).to_be_disabled()
        await page.get_by_label("Text to speak").fill("word " * 2_000)
        for _ in range(2):
            await page.get_by_role("button", name="Speak").click()
            await expect(page.locator("body")).to_have_attribute("data-state", "speaking")
            await expect(page.locator("mark.lit")).to_have_count(1)
            assert await page.get_by_label("Text to speak").get_attribute("readonly") is not None
            await page.get_by_role("button", name="Stop").click()
            await expect(page.locator("#status")).to_have_text("Stopped.")
            heard = await page.locator("#heard").inner_text()
            assert await page.locator("#level").evaluate("meter => meter.value") == 0
            await edge.router.until_live(0)
            assert await page.locator("#heard").inner_text() == heard
            await expect(page.locator("mark.heard")).to_have_text(re.compile(r"^(word )*$"))
            assert await page.locator("#lights").inner_text() == "word " * 2_000 + "\n"
        await page.get_by_label("Text to speak").fill("Another text.")
        await expect(page.locator("#lights")).to_be_hidden()


async def test_all_of_it_is_done_with_the_keyboard_alone(browser: Browser) -> None:
    async with serving() as edge, opened(browser, edge.port) as page:
        await expect(page.locator("#voice option[value='fake:plain']")).to_have_count(1)
        await page.keyboard.press("Tab")
        await page.keyboard.press("Control+A")
        await page.keyboard.type("Hello. ")
        await page.keyboard.insert_text("Hello. " * 299)  # as is pasted: key by key it takes seconds
        await page.keyboard.press("Tab")
        await expect(page.get_by_label("Voice")).to_be_focused()
        await page.keyboard.type("Plain")
        await page.keyboard.press("Tab")
        await expect(page.get_by_label("Speed")).to_be_focused()
        await page.keyboard.press("End")
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("button", name="Speak")).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(page.locator("body")).to_have_attribute("data-state", "speaking")
        await page.keyboard.press("Escape")
        await expect(page.locator("#status")).to_have_text("Stopped.")
        await page.keyboard.press("Control+Enter")
        await expect(page.locator("body")).to_have_attribute("data-state", "speaking")
        await page.keyboard.press("Escape")
        (first, second) = edge.router.settings
        assert (first.voice, first.prosody.speed) == ("fake:plain", 2.0)
        assert first.SerializeToString() == second.SerializeToString()


async def test_what_goes_wrong_is_told(browser: Browser) -> None:
    async with serving() as edge, opened(browser, edge.port) as page:
        await page.locator("#voice").evaluate("box => box.add(new Option('Nobody', 'nobody'))")
        await page.get_by_label("Voice").select_option("nobody")
        await page.get_by_role("button", name="Speak").click()
        await expect(page.get_by_role("alert")).to_have_text('voice "nobody" is not known')
        await page.get_by_label("Voice").select_option("fake:breaks")
        await page.get_by_role("button", name="Speak").click()
        await expect(page.get_by_role("alert")).to_have_text("the engine died")
        await page.get_by_label("Voice").select_option("")
        await page.get_by_label("Text to speak").fill("Well.")
        await page.get_by_role("button", name="Speak").click()
        await expect(page.locator("#status")).to_have_text("Done.")
        await expect(page.get_by_role("alert")).to_be_hidden()


async def test_a_connection_that_was_closed_is_made_again(browser: Browser) -> None:
    async with serving() as edge, opened(browser, edge.port) as page:
        edge.gate.draining.set()
        await until_idle(edge)
        edge.gate.draining.clear()
        await page.get_by_role("button", name="Speak").click()
        await expect(page.locator("#status")).to_have_text("Done.")


# Presses Speak again when a response has been asked for, and before the service can have begun it.
_PRESS_AGAIN = """
let pressed = false;
const send = WebSocket.prototype.send;
WebSocket.prototype.send = function (message) {
  send.call(this, message);
  if (pressed || JSON.parse(message).type !== "response.create") return;
  pressed = true;
  queueMicrotask(() => document.getElementById("speak").click());
};
"""


async def test_speak_that_is_pressed_again_begins_anew(browser: Browser) -> None:
    async with serving() as edge, opened(browser, edge.port, _PRESS_AGAIN) as page:
        await page.get_by_label("Text to speak").fill(TEXT)
        await page.get_by_role("button", name="Speak").click()
        await expect(page.locator("#status")).to_have_text("Done.")
        await page.get_by_role("button", name="Speak").dblclick()
        await expect(page.locator("body")).to_have_attribute("data-state", "speaking")
        await page.get_by_role("button", name="Speak").click()
        await expect(page.locator("#status")).to_have_text("Done.")
        seconds = len(TEXT) / 100
        assert await page.locator("#heard").inner_text() == f"{seconds:.1f} of {seconds:.1f} s"
        await expect(page.get_by_role("alert")).to_be_hidden()
        assert edge.router.texts[-1] == TEXT
        assert set(edge.router.texts) <= {TEXT, ""}  # "": stopped before the text was there


# Loses the connection where a response would be asked for.
_LOSE = """
const send = WebSocket.prototype.send;
WebSocket.prototype.send = function (message) {
  if (JSON.parse(message).type === "response.create") this.close();
  else send.call(this, message);
};
"""


async def test_a_connection_that_is_lost_before_a_response_is_there_is_told(browser: Browser) -> None:
    async with serving() as edge, opened(browser, edge.port, _LOSE) as page:
        await page.get_by_role("button", name="Speak").click()
        await expect(page.get_by_role("alert")).to_have_text("The connection was lost. Speak tries again.")
        await expect(page.locator("#status")).to_have_text("Ready.")
        await expect(page.get_by_label("Text to speak")).to_be_editable()


async def test_the_pages_answers_carry_their_headers() -> None:
    async with serving() as edge:
        for path in ("/", *(f"/studio/{each.name}" for each in _STUDIO.iterdir())):
            response = await edge.http.get(path)
            assert response.status_code == 200
            policy = response.headers["content-security-policy"]
            assert policy.startswith("default-src 'none'; script-src 'self';")
            assert "unsafe" not in policy
            assert response.headers["x-content-type-options"] == "nosniff"
            again = await edge.http.get(path, headers={"if-none-match": response.headers["etag"]})
            assert (again.status_code, again.content) == (304, b"")
        assert "content-security-policy" not in (await edge.http.get("/v1/models")).headers


async def test_without_its_folder_there_is_no_page_and_all_else_works(tmp_path: Path) -> None:
    async with serving(studio=tmp_path / "nowhere") as edge:
        assert (await edge.http.get("/")).status_code == 404
        assert (await edge.http.get("/v1/models")).status_code == 200
