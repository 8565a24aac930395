"""`parlando models`, against a server on this machine."""

from __future__ import annotations

import hashlib
import json
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from parlando_client import models
from parlando_client.cli import main
from parlando_client.models import FetchError, ModelFile, _turn, fetch, read
from parlando_client.piper_voices import PUBLISHED, published

_CONTENT = bytes(range(256)) * 4096
_FILE = ModelFile(
    "toy",
    "toy.bin",
    "",
    "http://nowhere.invalid/toy.bin",
    len(_CONTENT),
    hashlib.sha256(_CONTENT).hexdigest(),
)


@dataclass
class Mirror:
    """A server of files.

    Attributes:
        content: the file "toy.bin".
        more: further files, by name.
        breaks_after: bytes after which each connection breaks; None: it does not.
        ranges: it can begin in the middle.
        faults: what the next requests are answered with.
        asked: the Range header of each request.
    """

    content: bytes = _CONTENT
    more: dict[str, bytes] = field(default_factory=dict)
    breaks_after: int | None = None
    ranges: bool = True
    faults: list[int] = field(default_factory=list)
    asked: list[str | None] = field(default_factory=list)
    url: str = ""


@pytest.fixture
def mirror() -> Iterator[Mirror]:
    mirror = Mirror()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = self.headers["Range"]
            mirror.asked.append(wanted)
            if mirror.faults:
                self.send_error(mirror.faults.pop(0))
                return
            folder, _, name = self.path.rpartition("/")
            content = {"toy.bin": mirror.content, **mirror.more}.get(name)
            if folder != "/models" or content is None:
                self.send_error(404)
                return
            start = int(wanted[6:-1]) if wanted and mirror.ranges else 0
            self.send_response(206 if start else 200)
            self.send_header("Content-Length", str(len(content) - start))
            self.end_headers()
            end = None if mirror.breaks_after is None else start + mirror.breaks_after
            self.wfile.write(content[start:end])

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    mirror.url = f"http://127.0.0.1:{server.server_address[1]}/models/"
    yield mirror
    server.shutdown()
    thread.join()
    server.server_close()


def take(mirror: Mirror, folder: Path) -> tuple[bool, list[int]]:
    seen: list[int] = []
    return fetch(_FILE, folder, mirror.url, seen.append), seen


def test_a_file_is_fetched_once(mirror: Mirror, tmp_path: Path) -> None:
    fetched, seen = take(mirror, tmp_path / "toy")
    assert fetched
    assert seen[-1] == len(_CONTENT)
    assert (tmp_path / "toy/toy.bin").read_bytes() == _CONTENT
    assert take(mirror, tmp_path / "toy") == (False, [])
    assert mirror.asked == [None]


@pytest.mark.parametrize("ranges", [True, False])
def test_a_connection_that_breaks_is_taken_up_again(mirror: Mirror, tmp_path: Path, *, ranges: bool) -> None:
    mirror.breaks_after, mirror.ranges = len(_CONTENT) // 3, ranges
    if ranges:
        assert take(mirror, tmp_path)[0]
        assert mirror.asked[:2] == [None, f"bytes={len(_CONTENT) // 3}-"]
    else:
        with pytest.raises(FetchError, match="the same command goes on"):
            take(mirror, tmp_path)
        mirror.breaks_after = None
        assert take(mirror, tmp_path)[0]
    assert (tmp_path / "toy.bin").read_bytes() == _CONTENT
    assert not (tmp_path / "toy.bin.part").exists()


def test_what_came_before_is_not_asked_for_again(mirror: Mirror, tmp_path: Path) -> None:
    (tmp_path / "toy.bin.part").write_bytes(_CONTENT[:1000])
    assert take(mirror, tmp_path)[0]
    assert mirror.asked == ["bytes=1000-"]
    assert (tmp_path / "toy.bin").read_bytes() == _CONTENT


def test_a_wrong_checksum_is_refused_and_the_file_set_aside(mirror: Mirror, tmp_path: Path) -> None:
    mirror.content = b"x" * len(_CONTENT)
    with pytest.raises(FetchError, match="wrong checksum"):
        take(mirror, tmp_path)
    assert not (tmp_path / "toy.bin").exists()
    assert (tmp_path / "toy.bin.wrong").read_bytes() == mirror.content
    mirror.content = _CONTENT
    assert take(mirror, tmp_path)[0]


def test_a_file_that_was_spoilt_is_fetched_anew(mirror: Mirror, tmp_path: Path) -> None:
    (tmp_path / "toy.bin").write_bytes(b"spoilt")
    assert take(mirror, tmp_path)[0]
    assert (tmp_path / "toy.bin.wrong").read_bytes() == b"spoilt"


def test_another_file_of_that_name_is_refused(mirror: Mirror, tmp_path: Path) -> None:
    mirror.content = _CONTENT * 2
    with pytest.raises(FetchError, match="larger than it should be"):
        take(mirror, tmp_path)


def test_a_file_that_is_not_there_is_said_at_once(mirror: Mirror, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="404"):
        fetch(_FILE, tmp_path, mirror.url + "elsewhere", lambda _: None)
    assert len(mirror.asked) == 1


def test_a_server_at_fault_is_asked_again_a_few_times_and_later_each_time(
    mirror: Mirror, tmp_path: Path
) -> None:
    waited: list[float] = []
    mirror.faults = [503, 500]
    assert fetch(_FILE, tmp_path, mirror.url, lambda _: None, waited.append)
    assert (waited, len(mirror.asked)) == ([1, 2], 3)
    mirror.faults, mirror.more = [502], {"index": b"{}"}
    assert read(f"{mirror.url}index", 10, waited.append) == b"{}"
    assert waited == [1, 2, 1]

    (tmp_path / "toy.bin").unlink()
    mirror.faults = [503] * 9
    waited.clear()
    with pytest.raises(FetchError, match="answers 503"):
        fetch(_FILE, tmp_path, mirror.url, lambda _: None, waited.append)
    assert (waited, len(mirror.faults)) == ([1, 2, 4, 8], 4)
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_fetched_by_one_at_a_time(mirror: Mirror, tmp_path: Path) -> None:
    seen: list[str] = []

    def progress(_: int) -> None:
        if not seen:
            with pytest.raises(FetchError) as refused:
                take(mirror, tmp_path)
            seen.append(str(refused.value))

    assert fetch(_FILE, tmp_path, mirror.url, progress)
    assert seen == ["toy.bin is being fetched by another command: wait until it ends"]
    assert (tmp_path / "toy.bin").read_bytes() == _CONTENT
    assert mirror.asked == [None]
    assert [path.name for path in tmp_path.iterdir()] == ["toy.bin"]


def test_a_part_that_was_put_in_its_place_is_nobodys_turn_any_more(mirror: Mirror, tmp_path: Path) -> None:
    content = b"".join([b"more"] * 5)
    (tmp_path / "toy.bin.part").write_bytes(content)
    with _turn(tmp_path / "toy.bin.part") as part:
        part.replace(tmp_path / "elsewhere")
        with _turn(tmp_path / "toy.bin.part"):  # is another file
            assert part.stat().st_size == 0
    assert (tmp_path / "elsewhere").read_bytes() == content
    assert take(mirror, tmp_path)[0]


def test_only_the_web_is_fetched_from(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="only https"):
        fetch(_FILE, tmp_path, "file:///etc", lambda _: None)


def test_the_command(mirror: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "_ATTEMPTS", 1)
    arguments = ["--folder", str(tmp_path)]
    listed = CliRunner().invoke(main, ["models", "list", *arguments])
    assert listed.exit_code == 0
    assert "kokoro-v1.0.int8.onnx" in listed.output
    assert "there" not in listed.output
    failed = CliRunner().invoke(main, ["models", "fetch", "kokoro", "--mirror", mirror.url, *arguments])
    assert failed.exit_code == 1
    assert "404" in failed.stderr
    assert CliRunner().invoke(main, ["models", "fetch", "nothing"]).exit_code == 2


def test_the_smaller_network_is_fetched_where_it_is_asked_for(
    mirror: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    variants = {"large.onnx": "fp32", "small.onnx": "int8", "voices.bin": ""}
    listed = [replace(_FILE, model="kokoro", name=name, variant=which) for name, which in variants.items()]
    monkeypatch.setattr(sys.modules["parlando_client.cli.models"], "known_files", lambda: listed)
    mirror.more = dict.fromkeys(variants, _CONTENT)
    arguments = ["models", "fetch", "kokoro", "--folder", str(tmp_path), "--mirror", mirror.url]
    mirror.more["small.onnx"] = b"x" * len(_CONTENT)
    refused = CliRunner().invoke(main, [*arguments, "--int8"])
    assert refused.exit_code == 1
    assert "wrong checksum" in refused.stderr
    assert [path.name for path in (tmp_path / "kokoro").iterdir()] == ["small.onnx.wrong"]
    (tmp_path / "kokoro/small.onnx.wrong").unlink()
    mirror.more["small.onnx"] = _CONTENT
    for more, there in ((["--int8"], {"small.onnx", "voices.bin"}), ([], set(variants))):
        fetched = CliRunner().invoke(main, [*arguments, *more])
        assert fetched.exit_code == 0, fetched.output
        assert {path.name for path in (tmp_path / "kokoro").iterdir()} == there
    assert "voices.bin was there" in fetched.output


def test_what_is_listed_can_be_told_apart() -> None:
    known = models.known_files()
    assert len({(file.model, file.name) for file in known}) == len(known)
    assert all(file.size > 0 and len(file.digest) == 64 and file.url.startswith("https://") for file in known)
    assert all(file.url.endswith(f"/{file.name}") for file in known)


_VOICE = "en_US-lessac-medium"


def voices_of(mirror: Mirror) -> None:
    """Have a mirror serve a voice: the index as it is published, and three files."""
    files = {
        f"{_VOICE}.onnx": b"network" * 1000,
        f"{_VOICE}.onnx.json": b"{}",
        "MODEL_CARD": b"* License: CC0",
    }
    listed = {
        f"en/en_US/lessac/medium/{name}": {
            "size_bytes": len(content),
            "md5_digest": hashlib.md5(content, usedforsecurity=False).hexdigest(),
        }
        for name, content in files.items()
    }
    index = {_VOICE: {"key": _VOICE, "files": listed, "aliases": ["en-us-lessac-medium"]}}
    named = {f"{_VOICE}.MODEL_CARD" if name == "MODEL_CARD" else name: each for name, each in files.items()}
    mirror.more = {"voices.json": json.dumps(index).encode(), **named}


def fetch_voice(mirror: Mirror, folder: Path, voice: str) -> Result:
    arguments = ["models", "fetch", f"piper:{voice}", "--mirror", mirror.url, "--folder", str(folder)]
    return CliRunner().invoke(main, arguments)


@pytest.mark.parametrize("name", [_VOICE, "en-us-lessac-medium"])
def test_a_voice_of_piper_is_fetched_by_its_index(mirror: Mirror, tmp_path: Path, name: str) -> None:
    voices_of(mirror)
    assert CliRunner().invoke(main, ["models", "engines", "--folder", str(tmp_path)]).output == ""
    assert fetch_voice(mirror, tmp_path, name).exit_code == 0
    assert {path.name for path in (tmp_path / "piper").iterdir()} == {
        f"{_VOICE}.MODEL_CARD",
        f"{_VOICE}.onnx",
        f"{_VOICE}.onnx.json",
    }
    assert (tmp_path / f"piper/{_VOICE}.onnx").read_bytes() == mirror.more[f"{_VOICE}.onnx"]
    assert CliRunner().invoke(main, ["models", "engines", "--folder", str(tmp_path)]).output == "piper\n"
    assert _VOICE in CliRunner().invoke(main, ["models", "list", "--folder", str(tmp_path)]).output
    assert "was there" in fetch_voice(mirror, tmp_path, name).output


def test_the_card_of_a_voice_is_asked_for_as_it_is_published_and_kept_by_the_name_of_the_voice(
    mirror: Mirror,
) -> None:
    voices_of(mirror)
    card, about, network = published(_VOICE, mirror.url)
    assert (card.name, card.url) == (f"{_VOICE}.MODEL_CARD", f"{PUBLISHED}/en/en_US/lessac/medium/MODEL_CARD")
    assert (about.name, network.name) == (f"{_VOICE}.onnx.json", f"{_VOICE}.onnx")
    index = json.loads(mirror.more["voices.json"])
    del index[_VOICE]["files"]["en/en_US/lessac/medium/MODEL_CARD"]
    mirror.more["voices.json"] = json.dumps(index).encode()
    assert published(_VOICE, mirror.url) == [about, network]


def test_a_project_is_named_once_for_all_engines_of_it_that_are_configured(tmp_path: Path) -> None:
    run = CliRunner(env={"OPENAI_KEY": "sk-1", "SPEACHES_BASE_URL": "http://gpu:8000/v1"})
    assert run.invoke(main, ["models", "engines", "--folder", str(tmp_path)]).output == "openai\n"
    run = CliRunner(env={"OPENAI_KEY": "", "OPENAI_API_KEY": "of another program"})
    assert run.invoke(main, ["models", "engines", "--folder", str(tmp_path)]).output == ""


def test_a_voice_whose_checksum_is_wrong_is_refused(mirror: Mirror, tmp_path: Path) -> None:
    voices_of(mirror)
    mirror.more[f"{_VOICE}.onnx"] = b"another" * 1000
    failed = fetch_voice(mirror, tmp_path, _VOICE)
    assert failed.exit_code == 1
    assert "wrong checksum" in failed.stderr
    assert not (tmp_path / f"piper/{_VOICE}.onnx").exists()


def test_a_voice_that_is_not_published_is_said(mirror: Mirror, tmp_path: Path) -> None:
    voices_of(mirror)
    failed = fetch_voice(mirror, tmp_path, "en_US-lesac-medium")
    assert failed.exit_code == 1
    assert f"did you mean {_VOICE}" in failed.stderr
    assert "voices.json names those" in fetch_voice(mirror, tmp_path, "../../passwd").stderr


@pytest.mark.parametrize(
    "index", [None, b"", b"[1]", b'{"en_US-lessac-medium": 1}', b'{"en_US-lessac-medium": {"files": {}}}']
)
def test_what_is_no_index_is_said(mirror: Mirror, tmp_path: Path, index: bytes | None) -> None:
    mirror.more = {} if index is None else {"voices.json": index}
    failed = fetch_voice(mirror, tmp_path, _VOICE)
    assert failed.exit_code == 1
    assert ("404" if index is None else "no index of Piper's voices") in failed.stderr


def test_an_index_that_has_no_end_is_not_read(mirror: Mirror, tmp_path: Path) -> None:
    mirror.more = {"voices.json": b" " * ((16 << 20) + 1)}
    assert "larger than it should be" in fetch_voice(mirror, tmp_path, _VOICE).stderr


@pytest.mark.parametrize("name", ["nothing", "piper", "piper:", "kokoro:af_heart"])
def test_a_model_that_is_not_known_is_a_misuse(tmp_path: Path, name: str) -> None:
    refused = CliRunner().invoke(main, ["models", "fetch", name, "--folder", str(tmp_path)])
    assert refused.exit_code == 2
    assert "piper:en_US-lessac-medium" in refused.stderr
