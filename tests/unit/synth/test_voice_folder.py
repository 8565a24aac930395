"""A folder of cloned voices, as one replica or two have it."""

from __future__ import annotations

import fcntl
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from subprocess import PIPE
from threading import Event, Thread

import pytest

from parlando_kit.errors import ParlandoError, Reason
from parlando_synth.cloned_voice import ClonedVoice, VoiceChange, VoiceTerms, VoiceUpload
from parlando_synth.mix_folder import MixFolder
from parlando_synth.mixed_voice import VoiceMix
from parlando_synth.voice_folder import SUFFIX, VoiceFolder
from tests.unit.synth.test_cloned_voice import ANNA
from tests.unit.synth.test_reference_clip import encoded, speech

TERMS = VoiceTerms(
    name="Anna",
    language="en-GB",
    licence="for our own announcements",
    consent_note="Anna Example signed the form of 3 May 2026",
)
UPLOAD = VoiceUpload(TERMS, encoded(speech(10)))


@pytest.fixture
def folder(tmp_path: Path) -> VoiceFolder:
    return VoiceFolder(tmp_path / "voices", frozenset({"alto"}))


def test_a_voice_is_the_same_at_every_try_after_a_restart_and_on_another_replica(tmp_path: Path) -> None:
    first, second = (VoiceFolder(tmp_path / name, frozenset()) for name in ("first", "second"))
    anna = first.add(UPLOAD)
    assert first.add(UPLOAD) == second.add(UPLOAD) == anna
    assert VoiceFolder(tmp_path / "first", frozenset()).voices == {anna.id: anna}
    assert sorted(path.name for path in (tmp_path / "first").iterdir()) == [".lock", f"{anna.id}{SUFFIX}"]


def test_a_folder_that_is_shared_is_looked_at_anew(folder: VoiceFolder, tmp_path: Path) -> None:
    other = VoiceFolder(tmp_path / "voices", frozenset())
    assert not folder.voices
    anna = other.add(UPLOAD)
    seen = folder.voices
    assert seen == {anna.id: anna}
    assert folder.voices is seen
    bob = other.add(replace(UPLOAD, id="bob"))
    assert list(folder.voices) == [anna.id, "bob"]
    other.remove(anna.id)
    assert folder.voices == {"bob": bob}


def test_who_waits_too_long_for_the_folder_is_told_to_try_again(tmp_path: Path) -> None:
    folder = VoiceFolder(tmp_path, frozenset(), patience=0.0)
    with (tmp_path / ".lock").open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(ParlandoError, match="try again") as refused:
            folder.add(UPLOAD)
    assert refused.value.reason is Reason.CONFLICT
    assert not folder.voices
    folder.add(UPLOAD)  # once it is free


def test_a_voice_is_found_by_its_id_as_it_is_now(folder: VoiceFolder, tmp_path: Path) -> None:
    other = VoiceFolder(tmp_path / "voices", frozenset())
    assert folder.voice("anna") is None
    anna = other.add(replace(UPLOAD, id="anna"))
    assert folder.voice("anna") == anna
    found = folder.voice("anna")
    assert folder.voice("anna") is found, "it is not read again"
    changed = other.change("anna", VoiceChange(name="Hannah"))
    assert folder.voice("anna") == changed == folder.voices["anna"]
    other.remove("anna")
    assert folder.voice("anna") is None
    for nothing in ("../voices/anna", "anna\0", "x" * 1_000, ""):
        assert folder.voice(nothing) is None


# Whoever adds has a clip of its own, and whoever changes makes a removed voice anew where it takes no turn.
_CONTENDER = """
import sys
from dataclasses import replace
from pathlib import Path
from parlando_kit.errors import ParlandoError
from parlando_synth.cloned_voice import VoiceChange
from parlando_synth.mix_folder import MixFolder
from parlando_synth.mixed_voice import MixedVoice
from parlando_synth.voice_folder import VoiceFolder
from tests.unit.synth.test_cloned_voice import ANNA

path, number, ids = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
clones, mixes = VoiceFolder(path, frozenset()), MixFolder(path, frozenset())
print(flush=True)
input()
for at in range(ids):
    try:
        if number % 2:
            mixes.keep(MixedVoice(id=f"voice-{at}", name="Mix", mix=f"alto({number})"))
        else:
            clones.keep(replace(ANNA, id=f"voice-{at}", clip=bytes([number])))
        print(at)
    except ParlandoError as refused:
        assert refused.reason.name == "ID_IN_USE", refused
"""


def test_of_processes_that_want_an_id_at_once_one_gets_it(tmp_path: Path) -> None:
    ids, processes = 60, []
    for number in range(4):
        command = [sys.executable, "-c", _CONTENDER, str(tmp_path), str(number), str(ids)]
        processes.append(subprocess.Popen(command, stdin=PIPE, stdout=PIPE, text=True))
    for process in processes:
        assert process.stdout is not None
        process.stdout.readline()  # it is ready
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    got = sorted(int(line) for process in processes for line in process.communicate(timeout=60)[0].split())
    assert [process.returncode for process in processes] == [0] * 4
    assert got == list(range(ids)), "each id is one voice's"


def test_what_is_removed_while_it_is_changed_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, other = (VoiceFolder(tmp_path, frozenset()) for _ in range(2))
    folder.add(replace(UPLOAD, id="anna"))
    own, begun = folder._own, Event()

    def slow(voice: str) -> ClonedVoice:
        found = own(voice)
        if begun.is_set():  # the second look, in its turn: now the other one comes
            remover.start()
            remover.join(0.1)
        begun.set()
        return found

    remover = Thread(target=other.remove, args=["anna"])
    monkeypatch.setattr(folder, "_own", slow)
    folder.change("anna", VoiceChange(name="Hannah"))
    remover.join()
    assert folder.voices == {}


def test_what_is_said_of_a_voice_is_changed_and_its_id_and_consent_are_not(folder: VoiceFolder) -> None:
    anna = folder.add(UPLOAD)
    changed = folder.change(anna.id, VoiceChange(name="Hannah", description="Warm."))
    assert changed == replace(anna, name="Hannah", description="Warm.")
    assert folder.voices == {anna.id: changed}


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(lambda folder: folder.add(replace(UPLOAD, id="alto")), id="an engine's own"),
        pytest.param(
            lambda folder: folder.add(replace(UPLOAD, id="anna", clip=encoded(speech(11)))), id="another clip"
        ),
    ],
)
def test_an_id_that_another_voice_has_is_refused(
    folder: VoiceFolder, bad: Callable[[VoiceFolder], object]
) -> None:
    anna = folder.add(replace(UPLOAD, id="anna"))
    with pytest.raises(ParlandoError) as refused:
        bad(folder)
    assert (refused.value.reason, refused.value.field) == (Reason.ID_IN_USE, "id")
    assert folder.voices == {"anna": anna}


@pytest.mark.parametrize(
    ("voice", "reason"), [("alto", Reason.NOT_SUPPORTED), ("eve", Reason.VOICE_NOT_FOUND)]
)
def test_only_what_was_uploaded_is_changed_or_removed(
    folder: VoiceFolder, voice: str, reason: Reason
) -> None:
    for call in (lambda: folder.change(voice, VoiceChange(name="x")), lambda: folder.remove(voice)):
        with pytest.raises(ParlandoError) as refused:
            call()
        assert refused.value.reason is reason


def test_a_change_that_may_not_be_leaves_the_voice_as_it_is(folder: VoiceFolder) -> None:
    anna = folder.add(UPLOAD)
    with pytest.raises(ParlandoError) as refused:
        folder.change(anna.id, VoiceChange(name="x" * 81))
    assert refused.value.field == "name"
    assert folder.voices == {anna.id: anna}


def test_a_folder_that_cannot_be_written_is_named_as_the_cause(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ParlandoError, match="folder of voices cannot be written"):
        VoiceFolder(tmp_path / "file" / "voices", frozenset()).add(UPLOAD)


def test_what_cannot_be_read_is_left_out_and_logged_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    other = replace(ANNA, id="bob", name="Bob")
    for voice in (other, ANNA):
        (tmp_path / f"{voice.id}{SUFFIX}").write_bytes(voice.document())
    (tmp_path / f"broken{SUFFIX}").write_bytes(b"{")
    (tmp_path / f"carol{SUFFIX}").write_bytes(ANNA.document())
    (tmp_path / "notes.txt").write_text("not a voice")
    folder = VoiceFolder(tmp_path, frozenset())
    assert list(folder.voices.values()) == [ANNA, other]
    folder.remove("bob")
    assert list(folder.voices.values()) == [ANNA]
    assert len(caplog.records) == 2


def test_mixes_and_clones_may_lie_in_one_folder_and_share_no_id(folder: VoiceFolder, tmp_path: Path) -> None:
    mixes = MixFolder(tmp_path / "voices", frozenset({"alto"}))
    anna = folder.add(replace(UPLOAD, id="anna"))
    duo = mixes.add(VoiceMix("alto(2)+tenor(1)", "Duo", id="duo"))
    assert (folder.voices, mixes.voices) == ({"anna": anna}, {"duo": duo})
    for keep in (
        partial(folder.add, replace(UPLOAD, id="duo")),
        partial(mixes.add, VoiceMix("alto", "A", id="anna")),
    ):
        with pytest.raises(ParlandoError) as refused:
            keep()
        assert (refused.value.reason, refused.value.field) == (Reason.ID_IN_USE, "id")


def test_a_mix_that_cannot_be_read_is_left_out_and_told_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    mixes = MixFolder(tmp_path, frozenset())
    duo = mixes.add(VoiceMix("alto(2)+tenor(1)", "Duo", "Both.", "duo"))
    for name, document in (
        ("broken", b"{"),
        ("later", duo.document().replace(b'"form": 1', b'"form": 2').replace(b'"duo"', b'"later"')),
        ("unnamed", duo.document()),
    ):
        (tmp_path / f"{name}.mix.json").write_bytes(document)
    for _ in range(2):
        assert mixes.voices == {"duo": duo}
    assert len(caplog.records) == 3
