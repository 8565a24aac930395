"""Voices of a worker over the wire: uploaded, spoken with, changed and removed."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from parlando.admin.v1 import admin_pb2 as admin
from parlando.synth.v1 import synth_pb2 as pb
from parlando_kit.errors import Reason
from parlando_kit.voice_upload import MAX_CHUNK
from parlando_scripted.script import ScriptedSettings
from tests.component.synth.serving import Served, collected, failure, ready
from tests.unit.synth.test_reference_clip import BAD, Bad, encoded, speech

CLIP = encoded(speech(10))


def voice(**changed: object) -> pb.Voice:
    said: dict[str, object] = {
        "name": "Anna",
        "languages": ["de-AT"],
        "licence": "for our own announcements",
        "consent_note": "Anna Example signed the form of 3 May 2026",
    }
    return pb.Voice(**said | changed)  # type: ignore[arg-type]  # fields by name


def messages(said: pb.Voice, clip: bytes = CLIP, piece: int = 100_000) -> list[admin.UploadVoiceRequest]:
    """Return an upload."""
    pieces = (clip[start : start + piece] for start in range(0, len(clip), piece))
    return [
        admin.UploadVoiceRequest(voice=said),
        *(admin.UploadVoiceRequest(chunk=chunk) for chunk in pieces),
    ]


async def uploaded(served: Served, upload: Iterable[admin.UploadVoiceRequest]) -> pb.Voice:
    """Return the voice that was made of an upload."""
    answer: admin.UploadVoiceResponse = await served.admin.UploadVoice(iter(upload))
    return answer.voice


async def voices(served: Served, language: str = "") -> list[pb.Voice]:
    """Return the voices there are."""
    return list((await served.stub.ListVoices(pb.ListVoicesRequest(language=language))).voices)


async def test_a_voice_is_uploaded_spoken_with_renamed_and_removed(tmp_path: Path) -> None:
    async with ready(ScriptedSettings(voices=tmp_path)) as served:
        before = (await served.described()).voices_revision
        anna = await uploaded(served, messages(voice()))
        assert anna.id.startswith("anna-")
        assert (anna.engine, anna.cloned, list(anna.languages)) == ("scripted", True, ["de-AT"])
        assert await uploaded(served, messages(voice())) == anna
        assert await voices(served, "de") == [anna]
        added = (await served.described()).voices_revision
        assert added not in ("", before)
        # by its language, and again after another voice has taken its place
        for spoken in (anna.id, "bea"):
            said = await collected(
                served.stub.Synthesize(pb.SynthesizeRequest(synthesis_id=spoken, text="Eins.", language="de"))
            )
            assert said[0].started.voice == spoken
            if spoken == anna.id:
                await uploaded(served, messages(voice(id="bea", name="Bea")))
                await served.admin.DeleteVoice(admin.DeleteVoiceRequest(voice=anna.id, engine="scripted"))
        changed = await served.admin.UpdateVoice(
            admin.UpdateVoiceRequest(voice=pb.Voice(id="bea", name="Beatrice", languages=["fr"]))
        )
        assert (changed.voice.name, changed.voice.licence) == ("Beatrice", anna.licence)
        assert not await voices(served, "de")
        assert changed.voice in await voices(served, "fr")
        assert len({before, added, (await served.described()).voices_revision}) == 3


async def test_a_voice_outlives_its_worker_and_is_the_same_on_another(tmp_path: Path) -> None:
    async with ready(ScriptedSettings(voices=tmp_path / "one")) as served:
        anna = await uploaded(served, messages(voice()))
    async with ready(ScriptedSettings(voices=tmp_path / "one")) as served:
        assert anna in await voices(served)
    async with ready(ScriptedSettings(voices=tmp_path / "two")) as served:
        assert await uploaded(served, messages(voice())) == anna


async def test_another_recording_under_the_same_id_is_another_revision(tmp_path: Path) -> None:
    async with ready(ScriptedSettings(voices=tmp_path)) as served:
        anna = await uploaded(served, messages(voice(id="anna")))
        before = (await served.described()).voices_revision
        renamed = await served.admin.UpdateVoice(
            admin.UpdateVoiceRequest(voice=pb.Voice(id="anna", name="Hannah"))
        )
        assert renamed.voice.revision == anna.revision != ""
        await served.admin.DeleteVoice(admin.DeleteVoiceRequest(voice="anna"))
        again = await uploaded(served, messages(voice(id="anna"), encoded(speech(11))))
        assert again.revision != anna.revision
        again.revision = anna.revision
        assert again == anna  # nothing else tells
        assert (await served.described()).voices_revision != before


def mix_request(**said: object) -> admin.MixVoiceRequest:
    wanted: dict[str, object] = {"name": "Duo", "mix": "alto(2)+tenor(1)"}
    return admin.MixVoiceRequest(voice=pb.Voice(**wanted | said))  # type: ignore[arg-type]  # fields by name


async def test_a_mix_is_kept_spoken_with_renamed_and_removed(tmp_path: Path) -> None:
    async with ready(ScriptedSettings(voices=tmp_path)) as served:
        assert (await served.described()).capabilities.voice_mixing
        duo = (await served.admin.MixVoice(mix_request(description="Two of them."))).voice
        assert (duo.engine, duo.mix, duo.cloned) == ("scripted", "alto(2)+tenor(1)", False)
        assert (await served.admin.MixVoice(mix_request(description="Two of them."))).voice == duo
        assert duo in await voices(served)
    async with ready(ScriptedSettings(voices=tmp_path)) as served:
        said = await collected(
            served.stub.Synthesize(pb.SynthesizeRequest(synthesis_id="1", text="One.", voice=duo.id))
        )
        assert said[0].started.voice == duo.id
        renamed = await served.admin.UpdateVoice(
            admin.UpdateVoiceRequest(voice=pb.Voice(id=duo.id, name="Pair"))
        )
        assert (renamed.voice.name, renamed.voice.description) == ("Pair", "Two of them.")
        await served.admin.DeleteVoice(admin.DeleteVoiceRequest(voice=duo.id))
        assert [known.id for known in await voices(served)] == ["alto", "tenor"]


@pytest.mark.parametrize(
    ("request_", "reason", "field"),
    [
        pytest.param(mix_request(mix=""), Reason.FIELD_REQUIRED, "voice.mix", id="no mix"),
        pytest.param(mix_request(mix="alto+bass"), Reason.VOICE_NOT_FOUND, "voice.mix", id="unknown voice"),
        pytest.param(mix_request(mix="alto+" * 99), Reason.OUT_OF_RANGE, "voice.mix", id="long"),
        pytest.param(mix_request(name=" "), Reason.FIELD_REQUIRED, "voice.name", id="no name"),
        pytest.param(mix_request(name="a\nb"), Reason.OUT_OF_RANGE, "voice.name", id="lines"),
        pytest.param(mix_request(id="../up"), Reason.OUT_OF_RANGE, "voice.id", id="id"),
        pytest.param(mix_request(id="alto"), Reason.ID_IN_USE, "voice.id", id="the engine's own"),
        pytest.param(mix_request(id="anna"), Reason.ID_IN_USE, "voice.id", id="a cloned one's"),
        pytest.param(mix_request(id="duo"), Reason.ID_IN_USE, "voice.id", id="another mix's"),
        pytest.param(mix_request(engine="other"), Reason.ENGINE_NOT_FOUND, "voice.engine", id="engine"),
    ],
)
async def test_a_mix_that_may_not_be_is_refused_by_name(
    tmp_path: Path, request_: admin.MixVoiceRequest, reason: Reason, field: str
) -> None:
    async with ready(ScriptedSettings(voices=tmp_path)) as served:
        await uploaded(served, messages(voice(id="anna")))
        await served.admin.MixVoice(mix_request(id="duo", mix="alto"))
        error = await failure(served.admin.MixVoice(request_))
        assert (error.reason, error.field) == (reason, field)
        assert [known.id for known in await voices(served)] == ["alto", "anna", "duo", "tenor"]


async def test_of_a_mix_only_what_is_its_own_changes(tmp_path: Path) -> None:
    async with ready(ScriptedSettings(voices=tmp_path)) as served:
        await served.admin.MixVoice(mix_request(id="duo"))
        update = admin.UpdateVoiceRequest(voice=pb.Voice(id="duo", languages=["fr"]))
        error = await failure(served.admin.UpdateVoice(update))
        assert (error.reason, error.field) == (Reason.NOT_SUPPORTED, "voice.languages")


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD.keys())
async def test_a_bad_clip_has_its_own_error(tmp_path: Path, bad: Bad) -> None:
    async with ready(ScriptedSettings(voices=tmp_path)) as served:
        error = await failure(uploaded(served, messages(voice(), bad.make(), MAX_CHUNK)))
        assert (error.reason, error.field) == (bad.reason, "chunk")
        assert bad.said in error.message
        assert [known.id for known in await voices(served)] == ["alto", "tenor"]


@pytest.mark.parametrize(
    ("upload", "reason", "field"),
    [
        pytest.param([], Reason.FIELD_REQUIRED, "voice", id="nothing"),
        pytest.param(messages(voice())[1:], Reason.FIELD_REQUIRED, "voice", id="no voice"),
        pytest.param([messages(voice())[0]] * 2, Reason.OUT_OF_ORDER, "", id="two voices"),
        pytest.param(
            messages(voice(), bytes(MAX_CHUNK + 1), MAX_CHUNK + 1), Reason.OUT_OF_RANGE, "chunk", id="piece"
        ),
        pytest.param(
            [messages(voice())[0]] + [admin.UploadVoiceRequest(chunk=bytes(MAX_CHUNK))] * 65,
            Reason.OUT_OF_RANGE,
            "chunk",
            id="too much",
        ),
        pytest.param(messages(voice(licence="")), Reason.FIELD_REQUIRED, "voice.licence", id="licence"),
        pytest.param(
            messages(voice(consent_note="")), Reason.FIELD_REQUIRED, "voice.consent_note", id="consent"
        ),
        pytest.param(messages(voice(languages=[])), Reason.FIELD_REQUIRED, "voice.languages", id="language"),
        pytest.param(messages(voice(id="../up")), Reason.OUT_OF_RANGE, "voice.id", id="id"),
        pytest.param(messages(voice(id="alto")), Reason.ID_IN_USE, "voice.id", id="the engine's own"),
        pytest.param(messages(voice(engine="other")), Reason.ENGINE_NOT_FOUND, "voice.engine", id="engine"),
    ],
)
async def test_an_upload_that_may_not_be_is_refused_by_name(
    tmp_path: Path, upload: list[admin.UploadVoiceRequest], reason: Reason, field: str
) -> None:
    async with ready(ScriptedSettings(voices=tmp_path)) as served:
        error = await failure(uploaded(served, upload))
        assert (error.reason, error.field) == (reason, field)
        assert [known.id for known in await voices(served)] == ["alto", "tenor"]


async def test_voices_of_the_engine_and_voices_that_are_not_there_stay(tmp_path: Path) -> None:
    async with ready(ScriptedSettings(voices=tmp_path)) as served:
        for named, reason in (
            ("alto", Reason.NOT_SUPPORTED),
            ("tenor", Reason.NOT_SUPPORTED),
            ("eve", Reason.VOICE_NOT_FOUND),
        ):
            update = admin.UpdateVoiceRequest(voice=pb.Voice(id=named, name="x"))
            assert (await failure(served.admin.UpdateVoice(update))).reason is reason
            removal = admin.DeleteVoiceRequest(voice=named)
            assert (await failure(served.admin.DeleteVoice(removal))).reason is reason
        assert [known.id for known in await voices(served)] == ["alto", "tenor"]


async def test_an_engine_that_clones_and_mixes_nothing_says_so() -> None:
    async with ready() as served:
        calls = (
            uploaded(served, messages(voice())),
            served.admin.UpdateVoice(admin.UpdateVoiceRequest(voice=pb.Voice(id="alto"))),
            served.admin.DeleteVoice(admin.DeleteVoiceRequest(voice="alto")),
            served.admin.MixVoice(mix_request()),
        )
        for call in calls:
            assert (await failure(call)).reason is Reason.NOT_SUPPORTED
