"""The page in a real Chromium, in the hands of a test."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect


@asynccontextmanager
async def chromium(*arguments: str) -> AsyncIterator[Browser]:
    """Run the system's Chromium, with further arguments of its command line."""
    path = shutil.which("chromium")
    if path is None:
        pytest.fail("no chromium on this machine's PATH: install it (apt-get install chromium)")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox", *arguments])
        yield browser
        await browser.close()


@asynccontextmanager
async def opened(browser: Browser, port: int, *scripts: str) -> AsyncIterator[Page]:
    """Open the page, and see to it that it complains of nothing and asks nobody else for anything.

    Args:
        browser: opens it.
        port: where it is served on this machine.
        scripts: are run in it before its own.
    """
    home = f"http://127.0.0.1:{port}/"
    complaints: list[str] = []
    page = await browser.new_page()
    for script in scripts:
        await page.add_init_script(script)
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "request", lambda request: complaints.extend([] if request.url.startswith(home) else [request.url])
    )
    page.on("requestfailed", lambda request: complaints.append(f"{request.url}: {request.failure}"))
    await page.goto(home)
    await expect(page.locator("#status")).to_have_text("Ready.")
    yield page
    await page.close()
    assert complaints == [], complaints


async def reload(page: Page) -> None:
    """Load the page again, once it has the voices that it asks for: what is under way would be broken off."""
    await expect(page.locator("#voice optgroup").first).to_be_attached()
    await page.reload()
