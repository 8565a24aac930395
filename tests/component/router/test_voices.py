"""Voices through the router: the replicas of an engine have the same, and the router knows of them."""

from __future__ import annotations

import io
import wave
from collections.abc import Iterable
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from parlando.admin.v1 import admin_pb2
from parlando.speech.v1 import speech_pb2
from parlando.synth.v1 import synth_pb2
from parlando_kit.errors import ParlandoError, Reason
from parlando_scripted.engine import ScriptedEngine
from parlando_scripted.script import ScriptedSettings
from parlando_synth.mixed_voice import VoiceMix
from parlando_synth.threaded import ThreadedEngine
from parlando_synth.voice import Voice
from tests.component.router.mesh import (
    HastyClock,
    Router,
    WorkerProcess,
    failure,
    mesh,
    routing,
    said,
    say,
    until,
)
from tests.unit.synth.test_reference_clip import encoded, speech

CLIP = encoded(speech(10))


def upload(clip: bytes = CLIP, **changed: Any) -> list[admin_pb2.UploadVoiceRequest]:
    """Return an upload."""
    terms: dict[str, Any] = {
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
        kept = [[path.read_bytes() for path in folder.glob("*.json")] for folder in folders]
        assert kept[0] == kept[1]
        assert len(kept[0]) == 1
        await until(partial(names, router), ["Alto", "Anna", "Tenor"])
        change = synth_pb2.Voice(id=anna.id, name="Hannah")  # whoever has it
        changed = await router.admin.UpdateVoice(admin_pb2.UpdateVoiceRequest(voice=change))
        assert changed.voice.name == "Hannah"
        await until(partial(names, router), ["Alto", "Hannah", "Tenor"])
        bob = await uploaded(router, upload(name="Bob"))
        await router.admin.DeleteVoice(admin_pb2.DeleteVoiceRequest(voice=anna.id))
        await until(partial(names, router), ["Alto", "Bob", "Tenor"])
        mix = synth_pb2.Voice(name="Duo", mix="alto(2)+tenor(1)")
        duo = (await router.admin.MixVoice(admin_pb2.MixVoiceRequest(voice=mix))).voice
        await until(partial(names, router), ["Alto", "Bob", "Duo", "Tenor"])
        await workers[0].stop()
        await until(router.serving, {workers[1].address})
        for voice in (bob.id, duo.id):
            events = await said(router.stub.Say(say("Eins.", voice=f"scripted:{voice}")))
            assert events[0].started.voice == voice


@pytest.mark.parametrize(
    ("messages", "reason", "field"),
    [
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


class _FewerVoices(ScriptedEngine):
    """Lacks a voice that is in every mix."""

    def mix_voice(self, mix: VoiceMix) -> Voice:
        """Refuse it."""
        raise ParlandoError(Reason.VOICE_NOT_FOUND, f"{mix.mix} holds a voice that is not here", field="mix")


async def test_a_mix_that_one_replica_cannot_keep_is_refused(tmp_path: Path) -> None:
    fewer = ScriptedSettings(voices=tmp_path / "second")
    workers = [
        WorkerProcess(ScriptedSettings(voices=tmp_path / "first")),
        WorkerProcess(engine=lambda: ThreadedEngine(_FewerVoices(fewer), instances=1)),
    ]
    async with mesh(*workers) as router:
        mix = synth_pb2.Voice(name="Duo", mix="alto(2)+tenor(1)")
        error = await failure(router.admin.MixVoice(admin_pb2.MixVoiceRequest(voice=mix)))
        assert (error.reason, error.field) == (Reason.VOICE_NOT_FOUND, "voice.mix")


async def test_what_has_been_uploaded_is_there_when_the_answer_comes(tmp_path: Path) -> None:
    slow = HastyClock(1 / 1_000)  # a worker is looked at once a minute
    async with AsyncExitStack() as stack:
        worker = WorkerProcess(ScriptedSettings(voices=tmp_path))
        await worker.start()
        stack.push_async_callback(worker.stop)
        router = await stack.enter_async_context(routing([worker.address], clock=slow))
        anna = await uploaded(router, upload())
        assert await names(router) == ["Alto", "Anna", "Tenor"]
        events = await said(router.stub.Say(say("Eins.", voice=anna.id)))
        assert events[0].started.voice == anna.id


async def test_an_engine_is_named_where_several_clone_or_none_does(tmp_path: Path) -> None:
    async with mesh(WorkerProcess()) as router:
        error = await failure(uploaded(router, upload()))
        assert (error.reason, error.field) == (Reason.NOT_SUPPORTED, "voice.engine")
    workers = [
        WorkerProcess(ScriptedSettings(voices=tmp_path / name), name=name) for name in ("first", "second")
    ]
    async with mesh(*workers) as router:
        error = await failure(uploaded(router, upload()))
        assert (error.reason, error.field) == (Reason.FIELD_REQUIRED, "voice.engine")
        assert "first, second" in error.message
        for engine in ("first", "second"):
            anna = await uploaded(router, upload(engine=engine))
            assert anna.engine == engine
        error = await failure(router.admin.DeleteVoice(admin_pb2.DeleteVoiceRequest(voice=anna.id)))
        assert (error.reason, error.field) == (Reason.FIELD_REQUIRED, "engine")
        error = await failure(router.admin.DeleteVoice(admin_pb2.DeleteVoiceRequest(voice="eve")))
        assert (error.reason, error.field) == (Reason.VOICE_NOT_FOUND, "voice")


async def test_a_preview_follows_its_voice(tmp_path: Path) -> None:
    async def preview() -> speech_pb2.PreviewVoiceResponse:
        return await router.stub.PreviewVoice(speech_pb2.PreviewVoiceRequest(voice="anna"))

    log = tmp_path / "log"
    settings = ScriptedSettings(voices=tmp_path / "voices", log=str(log))
    async with mesh(WorkerProcess(settings)) as router:
        await uploaded(router, upload(id="anna"))
        first = await preview()
        assert (first.engine, first.voice, first.language) == ("scripted", "anna", "de-AT")
        assert first.text.startswith("So klinge ich")
        with wave.open(io.BytesIO(first.wav)) as wav:
            assert wav.getframerate() == 24_000
            assert wav.getnframes() > 24_000
        assert await preview() == first
        assert log.read_text().count("begin") == 1
        await router.admin.DeleteVoice(admin_pb2.DeleteVoiceRequest(voice="anna"))
        assert (await failure(preview())).reason is Reason.VOICE_NOT_FOUND
        await uploaded(router, upload(encoded(speech(11)), id="anna"))
        await preview()
        assert log.read_text().count("begin") == 2
        error = await failure(router.admin.FlushCache(admin_pb2.FlushCacheRequest(engine="nobody")))
        assert (error.reason, error.field) == (Reason.ENGINE_NOT_FOUND, "engine")
        for engine, entries in (("scripted", 2), ("", 0)):  # of the first anna, too: nobody asks for it again
            flushed = await router.admin.FlushCache(admin_pb2.FlushCacheRequest(engine=engine))
            assert flushed.entries == entries
        await preview()
        assert log.read_text().count("begin") == 3


async def test_voices_are_listed_by_what_they_have(tmp_path: Path) -> None:
    async with mesh(WorkerProcess(ScriptedSettings(voices=tmp_path))) as router:
        anna = await uploaded(router, upload(description="For announcements."))
        for request, expected in (
            (speech_pb2.ListVoicesRequest(cloned=True), ["Anna"]),
            (speech_pb2.ListVoicesRequest(cloned=False), ["Alto", "Tenor"]),
            (speech_pb2.ListVoicesRequest(gender=synth_pb2.VOICE_GENDER_MALE), ["Tenor"]),
            (speech_pb2.ListVoicesRequest(text="announce", language="de"), ["Anna"]),
            (speech_pb2.ListVoicesRequest(engine="scripted", text="alt"), ["Alto"]),
        ):
            listed = (await router.stub.ListVoices(request)).voices
            assert [voice.name for voice in listed] == expected
        (told,) = (await router.stub.ListVoices(speech_pb2.ListVoicesRequest(cloned=True))).voices
        assert told == anna
        assert (told.licence, told.consent_note) == (
            "for our own announcements",
            "Anna Example signed the form of 3 May 2026",
        )
