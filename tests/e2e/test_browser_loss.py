"""A real Chromium whose Realtime connection ends: what the page says, and that it goes on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, WebSocket, WebSocketRoute, expect

from tests.browsing import chromium, opened, reload
from tests.e2e.conftest import running_through
from tests.e2e.through import Through

pytestmark = pytest.mark.asyncio(loop_scope="module")

_LONG = "The harbour is quiet in the morning, and only the gulls are awake when the boats go out. " * 100
_OVER = "This connection has lasted as long as one may, and the rest was not made. Speak begins a new one."


@pytest.fixture(scope="module")
def brief(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Through]:
    """A system in which a Realtime connection lasts three seconds."""
    log = tmp_path_factory.mktemp("brief") / "log"
    with running_through(log, "espeak", EDGE_LONGEST_SESSION_SECONDS="3") as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    """A Chromium for all tests of this module."""
    async with chromium() as running:
        yield running


async def _speak(page: Page, text: str) -> None:
    await page.get_by_label("Text to speak").fill(text)
    await page.get_by_role("button", name="Speak").click()


async def test_a_connection_that_has_lasted_long_enough_says_so_and_what_has_come_is_heard(
    browser: Browser, brief: Through
) -> None:
    async with opened(browser, brief.port) as page:
        await page.set_viewport_size({"width": 360, "height": 600})
        await _speak(page, _LONG)
        trouble = page.get_by_role("alert")
        await expect(trouble).to_have_text(_OVER, timeout=30_000)
        await expect(trouble).to_be_in_viewport(ratio=0.99)  # by its own scrolling, to the pixel
        # What was sent ahead goes on, to its end.
        await expect(page.locator("#status")).to_have_text("Speaking.")
        await expect(page.locator("#status")).to_have_text("Done.", timeout=60_000)
        heard, made = (await page.locator("#heard").inner_text()).removesuffix(" s").split(" of ")
        assert float(heard) == float(made) > 1
        await expect(trouble).to_have_text(_OVER)
        await _speak(page, "We go on.")
        await expect(trouble).to_be_hidden()
        await expect(page.locator("#status")).to_have_text("Done.", timeout=30_000)
        await expect(trouble).to_be_hidden()


async def test_a_connection_that_ends_while_nothing_is_spoken_is_opened_again_without_a_word(
    browser: Browser, brief: Through
) -> None:
    async with opened(browser, brief.port) as page:
        sockets: list[WebSocket] = []

        def note(socket: WebSocket) -> None:
            sockets.append(socket)

        page.on("websocket", note)
        await reload(page)
        await expect(page.locator("#status")).to_have_text("Ready.")
        (first,) = sockets
        if not first.is_closed():
            await first.wait_for_event("close", timeout=30_000)
        await expect(page.get_by_role("alert")).to_be_hidden()
        await expect(page.locator("#status")).to_have_text("Ready.")
        await _speak(page, "We go on.")
        await expect(page.locator("#status")).to_have_text("Done.", timeout=30_000)
        await expect(page.get_by_role("alert")).to_be_hidden()
        assert len(sockets) > 1


async def test_a_text_that_a_lost_connection_never_answers_is_told_so(
    browser: Browser, brief: Through
) -> None:
    async with opened(browser, brief.port) as page:
        lose = True

        def between(client: WebSocketRoute) -> None:
            server = client.connect_to_server()

            async def on_message(message: str | bytes) -> None:
                nonlocal lose
                if lose and '"response.create"' in str(message):
                    lose = False
                    await client.close(code=1001)
                else:
                    server.send(message)

            client.on_message(on_message)

        await page.route_web_socket("**/v1/realtime*", between)
        await reload(page)
        await expect(page.locator("#status")).to_have_text("Ready.")
        await _speak(page, "Hello.")
        await expect(page.get_by_role("alert")).to_have_text("The connection was lost. Speak tries again.")
        await expect(page.locator("#status")).to_have_text("Ready.")
        await page.get_by_role("button", name="Speak").click()
        await expect(page.locator("#status")).to_have_text("Done.", timeout=30_000)
        await expect(page.get_by_role("alert")).to_be_hidden()
