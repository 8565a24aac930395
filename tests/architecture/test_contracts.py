"""The protos are linted, formatted and commented whole, and the committed stubs are theirs."""

import shutil
import subprocess
import sys
from importlib import resources
from pathlib import Path

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorSet

_ROOT = Path(__file__).parents[2]
_BIN = Path(sys.executable).parent


def _run(*command: str | Path, cwd: Path = _ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


def test_the_committed_stubs_are_those_of_the_protos() -> None:
    checked = _run(sys.executable, "tools/genproto.py", "--check")
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


@pytest.mark.parametrize("action", [["lint"], ["format", "--diff", "--exit-code"]])
def test_buf_finds_nothing(action: list[str]) -> None:
    assert _run(sys.executable, "tools/genproto.py", "--vendor").returncode == 0
    checked = _run(_BIN / "buf", *action)
    assert (checked.returncode, checked.stdout) == (0, "")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the protos and of what buf needs, to be spoilt."""
    assert _run(sys.executable, "tools/genproto.py", "--vendor").returncode == 0
    shutil.copy(_ROOT / "buf.yaml", tmp_path)
    shutil.copytree(_ROOT / "protos" / "parlando", tmp_path / "protos" / "parlando")
    shutil.copytree(_ROOT / ".build" / "googleapis", tmp_path / ".build" / "googleapis")
    return tmp_path


@pytest.mark.parametrize(
    ("comment", "rule"),
    [
        ("  // The words; `source` is always set.\n", "COMMENT_FIELD"),
        ("// Asks for engines.\n", "COMMENT_MESSAGE"),
        ("  // Flow control alone: as fast as the caller reads.\n", "COMMENT_ENUM_VALUE"),
        ("// What holds synthesis back when it runs ahead of playback.\n", "COMMENT_ENUM"),
        ("  // What happened.\n  oneof event", "COMMENT_ONEOF"),
    ],
)
def test_what_has_no_comment_is_found(copy: Path, comment: str, rule: str) -> None:
    proto = copy / "protos" / "parlando" / "speech" / "v1" / "speech.proto"
    text = proto.read_text()
    assert text.count(comment) == 1
    without = "" if comment.endswith("\n") else comment.rpartition("\n")[2]
    proto.write_text(text.replace(comment, without))
    checked = _run(_BIN / "buf", "lint", "--error-format", "json", cwd=copy)
    assert checked.returncode != 0
    assert f'"{rule}"' in checked.stdout


def test_a_method_without_a_comment_is_found(copy: Path) -> None:
    proto = copy / "protos" / "parlando" / "synth" / "v1" / "synth_service.proto"
    lines = proto.read_text().splitlines(keepends=True)
    method = next(number for number, line in enumerate(lines) if line.startswith("  rpc "))
    first = next(n for n in range(method - 1, 0, -1) if not lines[n].startswith("  //")) + 1
    proto.write_text("".join(lines[:first] + lines[method:]))
    checked = _run(_BIN / "buf", "lint", "--error-format", "json", cwd=copy)
    assert checked.returncode != 0
    assert '"COMMENT_RPC"' in checked.stdout


def test_a_stub_that_was_edited_is_named(tmp_path: Path) -> None:
    for needed in ("tools", "protos"):
        shutil.copytree(_ROOT / needed, tmp_path / needed)
    edited = tmp_path / "protos" / "gen" / "parlando" / "audio" / "v1" / "audio_pb2.py"
    edited.write_text(edited.read_text() + "\n# edited\n")
    (tmp_path / "protos" / "gen" / "parlando" / "left_over_pb2.py").touch()
    checked = _run(sys.executable, tmp_path / "tools" / "genproto.py", "--check")
    assert checked.returncode == 1
    named = {line.split()[0] for line in checked.stdout.splitlines()}
    assert named == {"protos/gen/parlando/audio/v1/audio_pb2.py", "protos/gen/parlando/left_over_pb2.py"}


def test_envoy_finds_every_method_of_the_contracts_in_the_descriptors() -> None:
    descriptors = FileDescriptorSet.FromString(
        resources.files("parlando").joinpath("descriptors.binpb").read_bytes()
    )
    named = [file.name for file in descriptors.file]
    assert {
        str(path.relative_to(_ROOT / "protos")) for path in (_ROOT / "protos" / "parlando").rglob("*.proto")
    } <= set(named)
    # A file stands after those that it imports, theirs among them.
    assert all(set(file.dependency) <= set(named[:number]) for number, file in enumerate(descriptors.file))
