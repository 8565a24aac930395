"""Every worker and router is restarted in turn while clients of all kinds are spoken to through Envoy."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import httpx2
import psutil
from grpc_health.v1 import health_pb2, health_pb2_grpc
from openai import AsyncOpenAI

from parlando.speech.v1 import speech_pb2, speech_service_pb2_grpc
from parlando_kit.channels import open_channel
from tests.chaos.listening import TEXTS, Report, utter
from tests.e2e.conftest import Mark, running_up
from tests.e2e.through import PATIENCE, Through

_ENGLISH = speech_pb2.SpeechSettings(language="en", playout_mode=speech_pb2.PLAYOUT_MODE_CLOCK)
_PAUSE_SECONDS = 2.0
"""Between two restarts, as `minReadySeconds` has it: whoever balances has to hear that the first is back."""
_BACK_SECONDS = 30.0
_BYTES_A_SECOND = 48_000


@dataclass
class Clients:
    """Clients who have texts spoken without end, and what became of that.

    Attributes:
        spoken: utterances that came whole, by kind of client.
        errors: what any client saw that was not speech.
    """

    through: Through
    spoken: dict[str, int] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    over: bool = False

    async def keep(self, kind: str, speak: Callable[[str], Awaitable[None]]) -> None:
        """Have one text after another spoken, until all is over."""
        number = 0
        while not self.over:
            text = TEXTS[number % len(TEXTS)]
            number += 1
            try:
                await speak(text)
            except Exception as error:  # noqa: BLE001  # whatever a client sees is what this is about
                self.errors.append(f"{kind}: {error!r}")
            else:
                self.spoken[kind] = self.spoken.get(kind, 0) + 1

    async def say(self, stub: speech_service_pb2_grpc.SpeechServiceAsyncStub, text: str) -> None:
        """Speak over gRPC, paced by the router, every word accounted for."""
        report = Report()
        await utter(stub, report, text, _ENGLISH)
        assert not report.errors
        assert not report.wrong

    async def transcoded(self, http: httpx2.AsyncClient, text: str) -> None:
        """Speak over the transcoded method, to the last byte."""
        answer = await http.post("/v1/speech:stream", json={"text": text, "settings": {"language": "en"}})
        assert answer.status_code == 200
        assert len(answer.content) > 2 * _BYTES_A_SECOND

    async def stock(self, client: AsyncOpenAI, text: str) -> None:
        """Speak with the stock client, over HTTP."""
        answer = await client.audio.speech.create(
            model="tts-1", voice="alloy", input=text, response_format="pcm"
        )
        assert len(answer.content) > 2 * _BYTES_A_SECOND

    async def realtime(self, connection: object, text: str) -> None:
        """Speak over a Realtime connection that outlasts everything."""
        item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
        await connection.response.create(response={"input": [item]})  # type: ignore[attr-defined]
        audio, transcript = b"", ""
        async for event in connection:  # type: ignore[attr-defined]
            if event.type == "response.output_audio.delta":
                audio += base64.b64decode(event.delta)
            if event.type == "response.output_audio_transcript.delta":
                transcript += event.delta
            if event.type == "response.done":
                assert event.response.status == "completed", event.response.status_details
                break
        assert transcript == text
        assert len(audio) > 2 * _BYTES_A_SECOND

    @asynccontextmanager
    async def calling(self) -> AsyncIterator[None]:
        """Call while the block lasts, and let what has begun come to its end."""
        async with AsyncExitStack() as stack, asyncio.TaskGroup() as tasks:
            channel = await stack.enter_async_context(open_channel(self.through.address))
            stub = speech_service_pb2_grpc.SpeechServiceStub(channel)
            http = await stack.enter_async_context(
                httpx2.AsyncClient(base_url=self.through.url(""), timeout=PATIENCE)
            )
            client = await stack.enter_async_context(self.through.openai())
            for _ in range(2):
                connection = await stack.enter_async_context(client.realtime.connect(model="gpt-realtime"))
                tasks.create_task(self.keep("realtime", partial(self.realtime, connection)))
                tasks.create_task(self.keep("gRPC", partial(self.say, stub)))
                tasks.create_task(self.keep("HTTP", partial(self.stock, client)))
                tasks.create_task(self.keep("transcoded", partial(self.transcoded, http)))
            try:
                yield
            finally:
                self.over = True


def _process(mark: Mark, module: str, port: int) -> psutil.Process:
    setting = f"{module.removeprefix('parlando_').upper()}_PORT"
    found = [
        each
        for each in mark.processes()
        if each.cmdline()[1:3] == ["-m", module] and each.environ()[setting] == str(port)
    ]
    return next(each for each in found if each.parent() not in found)


async def _until_serving(port: int, service: str) -> None:
    async with open_channel(f"127.0.0.1:{port}") as channel, asyncio.timeout(_BACK_SECONDS):
        stub = health_pb2_grpc.HealthStub(channel)
        request = health_pb2.HealthCheckRequest(service=service)
        while True:
            answer = await stub.Check(request, wait_for_ready=True)  # type: ignore[attr-defined]
            if answer.status == health_pb2.HealthCheckResponse.SERVING:
                return
            await asyncio.sleep(0.02)


async def _restart(mark: Mark, module: str, port: int, service: str) -> None:
    """Tell a service to stop; the supervisor starts it again."""
    process = _process(mark, module, port)
    process.terminate()
    await asyncio.to_thread(process.wait, _BACK_SECONDS)
    await _until_serving(port, service)
    await asyncio.sleep(_PAUSE_SECONDS)


async def test_all_are_restarted_in_turn_and_no_client_sees_an_error(
    tmp_path: Path, ports: dict[str, int]
) -> None:
    settings = {f"{name.upper()}_PORT": str(port) for name, port in ports.items()}
    settings |= {
        "SYNTH_ENGINE": "espeak",
        "ROUTERS": "2",
        "SYNTH_WORKERS": "2",
        "PARLANDO_LOG_LEVEL": "ERROR",
    }
    with (tmp_path / "log").open("wb") as log, running_up(settings, log) as mark:
        clients = Clients(Through(mark, ports))
        async with clients.calling():
            for place in range(2):
                await _restart(
                    mark, "parlando_synth", ports["synth"] + place, "parlando.synth.v1.SynthService"
                )
            for place in range(2):
                port = ports["router"] + 100 * place
                await _restart(mark, "parlando_router", port, "parlando.speech.v1.SpeechService")
        assert clients.errors == []
        assert set(clients.spoken) == {"realtime", "gRPC", "HTTP", "transcoded"}
        assert min(clients.spoken.values()) > 1
