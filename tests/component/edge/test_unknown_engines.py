"""An engine that nobody has, asked of a real router: the error names the field that the caller wrote."""

from __future__ import annotations

from collections.abc import AsyncIterator

import orjson
import pytest
import pytest_asyncio

from parlando_scripted.script import ScriptedSettings
from tests.component.edge.router import new_router
from tests.component.edge.serving import NOWHERE, Edge, serving_before
from tests.component.edge.test_realtime import until
from tests.component.router.mesh import WorkerProcess, mesh

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def edge() -> AsyncIterator[Edge]:
    """An edge before a router and a worker."""
    async with (
        mesh(WorkerProcess(ScriptedSettings())) as router,
        serving_before(router.address, NOWHERE, new_router()) as edge,
    ):
        yield edge


@pytest.mark.parametrize(
    ("said", "param"),
    [
        ({"engine": "nobody"}, "engine"),
        ({"engine": "nobody", "model": "tts-1"}, "engine"),
        ({"model": "nobody"}, "model"),
    ],
)
@pytest.mark.parametrize("path", ["", "?assembled=true", "/estimate", "/timestamps"])
async def test_over_http(edge: Edge, path: str, said: dict[str, str], param: str) -> None:
    answer = await edge.http.post(f"/v1/audio/speech{path}", json={"input": "Hello.", **said})
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["param"]) == (404, "model_not_found", param)
    assert error["message"].startswith(f'{param} "nobody" is not known: use one of ')


async def test_by_the_benchmark(edge: Edge) -> None:
    answer = await edge.http.post("/dev/bench", json={"engine": "nobody", "trials": 1})
    assert (answer.status_code, answer.json()["error"]["param"]) == (404, "engine")


@pytest.mark.parametrize(
    ("session", "named"),
    [({"parlando": {"engine": "nobody"}}, "session.parlando.engine"), ({"model": "nobody"}, "model")],
)
async def test_over_realtime(edge: Edge, session: dict[str, object], named: str) -> None:
    async with edge.websocket() as socket:
        await socket.send(orjson.dumps({"type": "session.update", "session": session}).decode())
        spoken = {"content": [{"type": "input_text", "text": "Hello."}], "type": "message", "role": "user"}
        ask = {"type": "response.create", "response": {"input": [spoken]}}
        await socket.send(orjson.dumps(ask).decode())
        *_, done = await until(socket, "response.done")
    error = done["response"]["status_details"]["error"]
    assert error["code"] == "model_not_found"
    assert error["message"].startswith(f'{named} "nobody" is not known: ')
