"""Voices through the router: the replicas of an engine have the same, and the router knows of them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from parlando.admin.v1 import admin_pb2
from parlando.speech.v1 import speech_pb2
from parlando.synth.v1 import synth_pb2
from parlando_kit.errors import Reason
from parlando_scripted.script import ScriptedSettings
from tests.component.router.mesh import Router, WorkerProcess, failure, mesh, said, say, until
from tests.unit.synth.test_reference_clip import encoded, speech

CLIP = encoded(speech(10))


def upload(clip: bytes = CLIP, **changed: Any) -> list[admin_pb2.UploadVoiceRequest]:
    """Return an upload."""
    terms: dict[str, Any] = {
        "engine": "scripted",
        "name": "Anna",
        "languages": ["de-AT"],
        "licence": "for our own announcements",
        "consent_note": "Anna Example signed the form of 3 May 2026",
    }
    return [
        admin_pb2.UploadVoiceRequest(voice=synth_pb2.Voice(**terms | changed)),
        admin_pb2.UploadVoiceRequest(chunk=clip),
    ]


async def uploaded(router: Router, messages: Iterable[admin_pb2.UploadVoiceRequest]) -> synth_pb2.Voice:
    """Return the voice that was made of an upload."""
    answer: admin_pb2.UploadVoiceResponse = await router.admin.UploadVoice(iter(messages))
    return answer.voice


async def names(router: Router) -> list[str]:
    """Return the names of the voices that the router lists."""
    answer = await router.stub.ListVoices(speech_pb2.ListVoicesRequest())
    return [voice.name for voice in answer.voices]


@pytest.mark.parametrize("shared", [True, False], ids=["one folder", "a folder each"])
async def test_replicas_have_the_same_voices_and_the_router_lists_them(
    tmp_path: Path, *, shared: bool
) -> None:
    folders = [tmp_path / "all"] * 2 if shared else [tmp_path / "first", tmp_path / "second"]
    workers = [WorkerProcess(ScriptedSettings(voices=folder)) for folder in folders]
    async with mesh(*workers) as router:
        anna = await uploaded(router, upload())
        kept = [[path.read_bytes() for path in folder.iterdir()] for folder in folders]
        assert kept[0] == kept[1]
        assert len(kept[0]) == 1
        await until(partial(names, router), ["Alto", "Anna", "Tenor"])
        change = synth_pb2.Voice(id=anna.id, engine="scripted", name="Hannah")
        changed = await router.admin.UpdateVoice(admin_pb2.UpdateVoiceRequest(voice=change))
        assert changed.voice.name == "Hannah"
        await until(partial(names, router), ["Alto", "Hannah", "Tenor"])
        bob = await uploaded(router, upload(name="Bob"))
        await router.admin.DeleteVoice(admin_pb2.DeleteVoiceRequest(engine="scripted", voice=anna.id))
        await until(partial(names, router), ["Alto", "Bob", "Tenor"])
        await workers[0].stop()
        await until(router.serving, {workers[1].address})
        events = await said(router.stub.Say(say("Eins.", voice=f"scripted:{bob.id}")))
        assert events[0].started.voice == bob.id


@pytest.mark.parametrize(
    ("messages", "reason", "field"),
    [
        pytest.param(upload(engine=""), Reason.FIELD_REQUIRED, "voice.engine", id="no engine"),
        pytest.param(upload(engine="other"), Reason.ENGINE_NOT_FOUND, "voice.engine", id="another engine"),
        pytest.param(upload(b"ID3 and so on"), Reason.UNSUPPORTED_FORMAT, "chunk", id="MP3"),
        pytest.param(upload(licence=""), Reason.FIELD_REQUIRED, "voice.licence", id="no licence"),
        pytest.param(upload(id="alto"), Reason.ID_IN_USE, "voice.id", id="the engine's own"),
    ],
)
async def test_what_workers_refuse_is_refused_in_their_words(
    tmp_path: Path, messages: list[admin_pb2.UploadVoiceRequest], reason: Reason, field: str
) -> None:
    async with mesh(WorkerProcess(ScriptedSettings(voices=tmp_path))) as router:
        error = await failure(uploaded(router, messages))
        assert (error.reason, error.field) == (reason, field)


async def test_a_voice_that_no_replica_has_is_not_found(tmp_path: Path) -> None:
    workers = [WorkerProcess(ScriptedSettings(voices=tmp_path / name)) for name in ("first", "second")]
    async with mesh(*workers) as router:
        request = admin_pb2.DeleteVoiceRequest(engine="scripted", voice="eve")
        assert (await failure(router.admin.DeleteVoice(request))).reason is Reason.VOICE_NOT_FOUND
        request = admin_pb2.DeleteVoiceRequest(engine="scripted", voice="tenor")
        assert (await failure(router.admin.DeleteVoice(request))).reason is Reason.NOT_SUPPORTED
