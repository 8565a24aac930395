"""`/dev/*`: what tests engines, and who is offered it."""

from __future__ import annotations

import pytest

from parlando_edge.settings import EdgeSettings
from tests.component.edge.serving import serving


async def test_an_engine_is_tried_failed_and_mended() -> None:
    async with serving() as edge:
        tried = await edge.http.post("/dev/test-stream", json={})
        assert tried.json() == {"engine": "fake", "first_chunk_ms": 3.0, "audio_duration_ms": 2000.0}
        failed = await edge.http.post("/dev/fallback", json={"engine": "fake", "seconds": 0.5})
        assert failed.json() == {"status": "ok"}
        assert (await edge.http.post("/dev/reset", json={})).json() == {"reset": 1}
        said = (await edge.http.get("/dev/statistics")).json()
        assert said["uptime_seconds"] == 7
        assert said["engines"][0]["failures"] == {"ENGINE_FAILED": 1}


async def test_what_is_wrong_is_named() -> None:
    async with serving() as edge:
        for body, status, param in (
            ({}, 400, "engine"),
            ({"engine": "fake", "seconds": 4_000}, 400, "seconds"),
            ({"engine": "kokro"}, 404, "engine"),
        ):
            refused = await edge.http.post("/dev/fallback", json=body)
            assert (refused.status_code, refused.json()["error"]["param"]) == (status, param)
        undeclared = await edge.http.post("/dev/reset", content=b"{}")
        assert undeclared.status_code == 415
        assert undeclared.json()["error"]["code"] == "unsupported_media_type"


async def test_it_can_be_switched_off() -> None:
    async with serving(dev="off") as edge:
        assert (await edge.http.post("/dev/reset", json={})).status_code == 404
        assert not any(
            path.startswith("/dev") for path in (await edge.http.get("/openapi.json")).json()["paths"]
        )


@pytest.mark.parametrize(
    ("host", "dev", "offered"),
    [
        ("127.0.0.1", "auto", True),
        ("127.0.0.2", "auto", True),
        ("::1", "auto", True),
        ("localhost", "auto", True),
        ("0.0.0.0", "auto", False),  # noqa: S104  # nothing listens on it here
        ("10.0.0.7", "auto", False),
        ("edge.example", "auto", False),
        ("10.0.0.7", "on", True),
        ("127.0.0.1", "off", False),
    ],
)
def test_outside_loopback_it_is_off_until_asked_for(host: str, dev: str, offered: bool) -> None:  # noqa: FBT001
    assert EdgeSettings(host=host, dev=dev).offers_dev is offered  # type: ignore[arg-type]  # pydantic's to check
