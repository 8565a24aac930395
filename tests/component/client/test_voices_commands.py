"""`parlando voices` against a router and a worker that clones and mixes, over the real wire."""

from __future__ import annotations

import asyncio
import io
import json
import os
import sys
import wave
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from parlando_client import AsyncClient, Client, SpeechError
from parlando_scripted.script import ScriptedSettings
from tests.component.router.mesh import Router, WorkerProcess, mesh
from tests.unit.synth.test_reference_clip import BAD, encoded, flac_bomb, speech

TERMS = {
    "name": "Anna",
    "language": "de-AT",
    "licence": "for our own announcements",
    "consent": "Anna Example signed the form of 3 May 2026",
}
_OPTIONS = [f"--{name}={value}" for name, value in TERMS.items()]
_WHOSE = (
    "Voices that were added or mixed can be renamed and removed: "
    '`parlando voices` lists all, and says of those under "made" how'
)
_CLIPS = ("empty", "two seconds", "ten minutes", "8 kHz", "clipped", "silence", "MP3 named .wav")


@dataclass(frozen=True)
class Terminal:
    """Runs `parlando voices` before a router, in a folder of its own."""

    router: Router
    folder: Path

    async def run(self, *arguments: str) -> tuple[int, bytes, str]:
        """Return status, standard output and standard error."""
        process = await asyncio.create_subprocess_exec(
            str(Path(sys.executable).with_name("parlando")),
            "voices",
            *arguments,
            cwd=self.folder,
            env={"PATH": os.environ["PATH"], "PARLANDO_ADDRESS": self.router.address},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate()
        return process.returncode or 0, out, err.decode()

    async def done(self, *arguments: str) -> Any:
        """Return what a command that succeeds answers in JSON."""
        status, out, err = await self.run(*arguments, "--json")
        assert (status, err) == (0, "")
        return json.loads(out)

    async def refused(self, *arguments: str) -> str:
        """Return the line that a command ends with that fails."""
        status, out, err = await self.run(*arguments)
        assert (status, out) == (1, b"")
        assert err.startswith("parlando: ")
        assert err.count("\n") == 1
        return err.removeprefix("parlando: ").strip()

    def clip(self, data: bytes) -> str:
        """Return the path of a file with a clip in it."""
        path = self.folder / "clip.wav"
        path.write_bytes(data)
        return str(path)


@pytest.fixture
async def terminal(tmp_path: Path) -> AsyncIterator[Terminal]:
    async with mesh(WorkerProcess(ScriptedSettings(voices=tmp_path / "voices"))) as router:
        yield Terminal(router, tmp_path)


async def test_a_voice_is_added_heard_renamed_and_removed(terminal: Terminal) -> None:
    clip = terminal.clip(encoded(speech(10)))
    anna = await terminal.done("add", clip, *_OPTIONS, "--description=For the station.")
    assert anna["id"].startswith("anna-")
    assert (anna["engine"], anna["cloned"], anna["languages"]) == ("scripted", True, ["de-AT"])
    assert (anna["licence"], anna["consent_note"]) == (TERMS["licence"], TERMS["consent"])
    assert await terminal.done("list", "--cloned") == [anna]
    assert await terminal.done("--language", "de") == [anna]  # the command that is meant where none is named
    assert await terminal.done("list", "--text", "STATION") == [anna]
    status, heard, _ = await terminal.run("preview", anna["id"], "-o", "-")
    assert status == 0
    with wave.open(io.BytesIO(heard)) as wav:
        assert (wav.getframerate(), wav.getnchannels()) == (24_000, 1)
    assert (await terminal.run("preview", anna["id"], "-o", "anna.wav"))[0] == 0
    with wave.open(str(terminal.folder / "anna.wav")) as wav:
        assert wav.getnframes() > 24_000
    hannah = await terminal.done("rename", anna["id"], "Hannah")
    assert hannah == anna | {"name": "Hannah"}
    status, out, _ = await terminal.run()
    assert (status, [line.split() for line in out.decode().splitlines()]) == (
        0,
        [
            ["engine", "voice", "name", "languages", "gender", "made"],
            ["scripted", "alto", "Alto", "en", "female"],
            ["scripted", anna["id"], "Hannah", "de-AT", "cloned"],
            ["scripted", "tenor", "Tenor", "en", "fr", "male"],
        ],
    )
    assert await terminal.run("remove", anna["id"]) == (0, b"", "")
    assert await terminal.done("list", "--cloned") == []
    assert [voice["id"] for voice in await terminal.done("list", "--gender=male", "--not-cloned")] == [
        "tenor"
    ]


async def test_a_mix_is_kept_listed_and_removed(terminal: Terminal) -> None:
    duo = await terminal.done("mix", "alto(2)+tenor(1)", "--name=Duo", "--id=duo")
    assert (duo["id"], duo["mix"], duo["cloned"]) == ("duo", "alto(2)+tenor(1)", False)
    assert duo in await terminal.done("list")
    assert await terminal.refused("mix", "alto+bass", "--name=Duo") == "MIX: mix is none of alto and tenor"
    assert (await terminal.refused("mix", "alto", "--name=Solo", "--id=duo")).startswith(
        "--id: id is another"
    )
    assert await terminal.run("remove", "duo") == (0, b"", "")
    assert duo not in await terminal.done("list")


@pytest.mark.parametrize("name", _CLIPS)
async def test_a_bad_clip_has_its_own_line(terminal: Terminal, name: str) -> None:
    line = await terminal.refused("add", terminal.clip(await asyncio.to_thread(BAD[name].make)), *_OPTIONS)
    assert line.startswith("CLIP: the clip ")
    assert BAD[name].said in line


async def test_a_clip_that_unpacks_to_days_is_refused(terminal: Terminal) -> None:
    line = await terminal.refused("add", terminal.clip(await asyncio.to_thread(flac_bomb)), *_OPTIONS)
    assert line.startswith("CLIP: the clip is a FLAC file of ")
    assert "unpacks to more than 30 s" in line


async def test_what_is_wrong_is_named_as_the_command_has_it(terminal: Terminal) -> None:
    clip = terminal.clip(encoded(speech(10)))
    for arguments, beginning in (
        (["add", clip, *_OPTIONS, "--license= "], "--license: licence is empty"),
        (["add", clip, *_OPTIONS, "--consent="], "--consent: consent_note is empty"),
        (["add", clip, *_OPTIONS, "--language=German!"], "--language: language: say what is spoken"),
        (["add", clip, *_OPTIONS, "--id=../up"], "--id: id is 1 to 64 small letters"),
        (["add", clip, *_OPTIONS, "--engine=other"], "--engine: engine "),
        (["preview", "eve", "-o", "-"], "VOICE: voice "),
    ):
        assert (await terminal.refused(*arguments)).startswith(beginning)
    for arguments, said in (
        (["add", clip, *_OPTIONS[1:]], "Missing option '--name'"),
        (["add", "nothing.wav", *_OPTIONS], "does not exist"),
        (["list", "--gender=robot"], "'robot' is not one of"),
        (["sing"], "No such command 'sing'"),
    ):
        status, _, err = await terminal.run(*arguments)
        assert status == 2
        assert said in err


async def test_what_cannot_be_renamed_or_removed_says_what_can(terminal: Terminal) -> None:
    for arguments, what in (
        (["rename", "eve", "Eva"], "voice is not known"),
        (["remove", "eve"], "voice is not known"),
        (["rename", "alto", "Alt"], "voice came with the engine"),
        (["remove", "tenor"], "voice came with the engine"),
        (["remove", "alto"], "voice is the engine's default"),
    ):
        assert await terminal.refused(*arguments) == f"VOICE: {what}. {_WHOSE}"


async def test_nothing_is_renamed_or_removed_where_the_engine_keeps_none(tmp_path: Path) -> None:
    async with mesh(WorkerProcess()) as router:
        terminal = Terminal(router, tmp_path)
        for arguments in (["rename", "alto", "Alt"], ["remove", "tenor"]):
            line = await terminal.refused(*arguments)
            assert line == f"VOICE: the engine has its voices and clones none. {_WHOSE}"


async def test_the_library_does_the_same(terminal: Terminal) -> None:
    clip = encoded(speech(10))
    async with AsyncClient(terminal.router.address) as client:
        anna = await client.add_voice(clip, **TERMS)
        assert await client.list_voices(cloned=True, text="anna", language="de") == [anna]
        preview = await client.preview_voice(anna.id)
        assert (preview.engine, preview.voice, preview.language) == ("scripted", anna.id, "de-AT")
        assert preview.wav.startswith(b"RIFF")
        assert "wav" not in repr(preview)
        with pytest.raises(SpeechError) as refused:
            await client.add_voice(encoded(speech(2)), **TERMS)
        assert (refused.value.reason, refused.value.field) == ("OUT_OF_RANGE", "chunk")
        changed = await client.update_voice(anna.id, language="de", description="Warm.")
        assert (changed.languages, changed.description, changed.name) == (("de",), "Warm.", "Anna")
        await client.remove_voice(anna.id)
        duo = await client.mix_voice("alto(1)+tenor(1)", name="Duo")
        assert duo in await client.list_voices(cloned=False)
        with pytest.raises(ValueError, match="gender"):
            await client.list_voices(gender="robot")


async def test_the_library_does_the_same_without_a_loop(terminal: Terminal) -> None:
    def used() -> None:
        with Client(terminal.router.address) as client:
            anna = client.add_voice(encoded(speech(10)), id="anna", **TERMS)
            assert client.list_voices(cloned=True) == [anna]
            assert client.preview_voice("anna").voice == "anna"
            assert client.update_voice("anna", name="Hannah").name == "Hannah"
            client.remove_voice("anna")
            duo = client.mix_voice("alto(1)+tenor(1)", name="Duo", id="duo", description="Both.")
            assert client.list_voices(text="both") == [duo]
            with pytest.raises(SpeechError) as refused:
                client.remove_voice("anna")
            assert refused.value.reason == "VOICE_NOT_FOUND"

    await asyncio.to_thread(used)
