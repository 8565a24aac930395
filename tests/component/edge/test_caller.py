"""What whoever authenticated a caller says of it reaches the router, over HTTP and over Realtime."""

from __future__ import annotations

import json

import pytest

from tests.component.edge.serving import Edge, serving

_SAID = {"x-parlando-policy": "night", "x-parlando-tier": "gold"}


async def _respond(edge: Edge, headers: dict[str, str]) -> None:
    async with edge.websocket(additional_headers=headers) as socket:
        item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hello."}]}
        await socket.send(json.dumps({"type": "response.create", "response": {"input": [item]}}))
        async for message in socket:
            if json.loads(message)["type"] == "response.done":
                return


async def test_policy_and_tier_reach_the_router() -> None:
    async with serving() as edge:
        body = {"input": "Hello.", "response_format": "pcm"}
        for headers in (_SAID, {}, {**_SAID, "x-parlando-other": "no"}):
            assert (await edge.http.post("/v1/audio/speech", json=body, headers=headers)).status_code == 200
            await _respond(edge, headers)
        assert edge.router.callers == [_SAID, _SAID, {}, {}, _SAID, _SAID]


@pytest.mark.parametrize("tier", ["g\xf6ld", "x" * 129])
async def test_what_no_policy_can_be_called_is_left_out(tier: str) -> None:
    async with serving() as edge:
        headers = {b"x-parlando-tier": tier.encode("latin-1")}
        body = {"input": "Hello.", "response_format": "pcm"}
        assert (await edge.http.post("/v1/audio/speech", json=body, headers=headers)).status_code == 200
        assert edge.router.callers == [{}]
