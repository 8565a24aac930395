"""Files of models: which there are, and how they are fetched."""

from __future__ import annotations

import fcntl
import hashlib
import http.client
import os
import time
import tomllib
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import IO

MODELS = Path("~/.local/share/parlando/models")
"""Where engines look for their files, each in a folder of its own name."""

PIPER = "piper"
"""The model whose files are voices: any number of them, and one is enough."""

_ATTEMPTS = 5
"""Times that a broken connection is taken up again where it broke."""

_PAUSES = (1.0, 2.0, 4.0, 8.0)
"""Seconds before a server that is at fault itself (5xx) is asked again, and again."""

_TIMEOUT = 30.0  # seconds without a byte
_BLOCK = 1 << 20


class FetchError(Exception):
    """A file could not be had; the message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A file that an engine needs.

    Attributes:
        model: whose it is.
        name: its name in the model's folder.
        variant: of those with different variants one is enough; "" belongs to all of them.
        url: where it is published.
        size: bytes.
        digest: of its content, in hexadecimal.
        algorithm: of the digest, as `hashlib` names it.
    """

    model: str
    name: str
    variant: str
    url: str
    size: int
    digest: str
    algorithm: str = "sha256"


def known_files() -> list[ModelFile]:
    """Return every file that is listed here; Piper's voices are listed where they are published."""
    listed = tomllib.loads(files("parlando_client").joinpath("models.toml").read_text())["file"]
    return [
        ModelFile(
            each["model"], each["name"], each.get("variant", ""), each["url"], each["bytes"], each["sha256"]
        )
        for each in listed
    ]


def complete(folder: Path) -> list[str]:
    """Return the models whose files are there: each without a variant, and one of those with one; or a voice.

    Args:
        folder: that of all models.
    """
    known = known_files()
    found: list[str] = []
    for model in sorted({file.model for file in known}):
        files = {file for file in known if file.model == model}
        there = {file for file in files if is_there(folder / model / file.name)}
        common = {file for file in files if not file.variant}
        if common <= there and (files == common or there - common):
            found.append(model)
    return sorted([*found, PIPER]) if voices_in(folder / PIPER) else found


def voices_in(folder: Path) -> list[str]:
    """Return the voices of Piper in a folder that may be read: NAME.onnx with its NAME.onnx.json."""
    try:
        networks = list(folder.glob("*.onnx"))
    except PermissionError:
        return []
    return sorted(network.stem for network in networks if is_there(network.with_name(f"{network.name}.json")))


def is_there(path: Path) -> bool:
    """Return whether a file is there for this user: one in a folder that may not be read is not."""
    try:
        return path.is_file()
    except PermissionError:
        return False


def fetch(
    file: ModelFile,
    folder: Path,
    mirror: str,
    progress: Callable[[int], None],
    pause: Callable[[float], None] = time.sleep,
) -> bool:
    """Fetch a file into a folder, unless it is there and whole; return whether it was fetched.

    What came before a connection broke is kept as `NAME.part` and taken up again, also by a later call; one
    call at a time has it, by a lock that the system frees when its process ends. A file whose checksum is
    wrong is set aside as `NAME.wrong`.

    Args:
        file: what to fetch.
        folder: where it goes; made where it is not there.
        mirror: URL of a folder that holds the file by its name; empty: where it is published.
        progress: told how many bytes there are so far.
        pause: waits for so many seconds before a server is asked again.

    Raises:
        FetchError: the server does not have it or stays at fault, the connection breaks too often, the
            checksum is wrong, or another call is fetching the file.
        OSError: the folder cannot be written.
    """
    if _is_whole(folder / file.name, file):
        return False
    folder.mkdir(parents=True, exist_ok=True)
    with _turn(folder / f"{file.name}.part") as part:
        return _fetched(file, folder, part, mirror, progress, pause)


def _fetched(
    file: ModelFile,
    folder: Path,
    part: Path,
    mirror: str,
    progress: Callable[[int], None],
    pause: Callable[[float], None],
) -> bool:
    """Do what `fetch` does, with the part to oneself."""
    target = folder / file.name
    if target.exists():
        if _is_whole(target, file):  # another call has fetched it meanwhile
            return False
        target.replace(folder / f"{file.name}.wrong")
    url = f"{mirror.rstrip('/')}/{file.name}" if mirror else file.url
    for attempt in range(_ATTEMPTS):
        try:
            _take(url, part, file.size, progress, pause)
            break
        except urllib.error.HTTPError as error:
            error.close()
            raise FetchError(f"{url}: the server answers {error.code} {error.reason}") from None
        except (OSError, http.client.HTTPException) as error:
            if isinstance(error, OSError) and error.filename is not None:
                raise
            if attempt == _ATTEMPTS - 1:
                raise FetchError(
                    f"{url}: the connection failed ({_why(error)}); the same command goes on where it broke"
                ) from None
    if _checksum(part, file.algorithm) != file.digest:
        wrong = folder / f"{file.name}.wrong"
        part.replace(wrong)
        raise FetchError(f"{file.name} has a wrong checksum: it was set aside as {wrong}; fetch it again")
    part.replace(target)
    return True


@contextmanager
def _turn(part: Path) -> Iterator[Path]:
    """Have what is there of a file to oneself; it is there meanwhile, if need be without a byte.

    Raises:
        FetchError: another call has it.
    """
    while True:
        with part.open("ab") as held:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                name = part.name.removesuffix(".part")
                raise FetchError(f"{name} is being fetched by another command: wait until it ends") from None
            if not part.exists() or not os.path.samestat(part.stat(), os.fstat(held.fileno())):
                continue  # its last holder was done with it, and put it in its place
            try:
                yield part
            finally:
                if part.exists() and not part.stat().st_size:
                    part.unlink()
            return


def read(url: str, limit: int, pause: Callable[[float], None] = time.sleep) -> bytes:
    """Return a small file.

    Args:
        url: where it is.
        limit: bytes that it may have.
        pause: waits for so many seconds before a server is asked again.

    Raises:
        FetchError: it cannot be had, or is larger.
    """
    try:
        with _opened(url, 0, pause) as answer:
            content = answer.read(limit + 1)
    except urllib.error.HTTPError as error:
        error.close()
        raise FetchError(f"{url}: the server answers {error.code} {error.reason}") from None
    except (OSError, http.client.HTTPException) as error:
        raise FetchError(f"{url}: the connection failed ({_why(error)}); try again") from None
    if len(content) > limit:
        raise FetchError(f"{url}: the file is larger than it should be: it is another one")
    return content


def _opened(url: str, have: int, pause: Callable[[float], None]) -> http.client.HTTPResponse:
    """Return the answer of a server, from a byte on; one that is at fault itself is asked again."""
    if not url.startswith(("https://", "http://")):
        raise FetchError(f"{url}: only https:// and http:// can be fetched from")
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})  # noqa: S310  # checked above
    pauses = iter(_PAUSES)
    while True:
        try:
            answer: http.client.HTTPResponse = urllib.request.urlopen(request, timeout=_TIMEOUT)  # noqa: S310  # likewise
        except urllib.error.HTTPError as error:
            seconds = next(pauses, None)
            if seconds is None or error.code < http.HTTPStatus.INTERNAL_SERVER_ERROR:
                raise
            error.close()
            pause(seconds)
        else:
            return answer


def _take(
    url: str, part: Path, size: int, progress: Callable[[int], None], pause: Callable[[float], None]
) -> None:
    """Bring what is missing of a file."""
    have = part.stat().st_size if part.exists() else 0
    if have >= size:
        return
    with _opened(url, have, pause) as answer:
        going_on = answer.status == http.HTTPStatus.PARTIAL_CONTENT
        have = have if going_on else 0
        with part.open("ab" if going_on else "wb") as file:
            for block in _blocks(answer):
                have += len(block)
                if have > size:
                    raise FetchError(f"{url}: the file is larger than it should be: it is another one")
                file.write(block)
                progress(have)
    if have < size:
        raise http.client.IncompleteRead(b"", size - have)


def _blocks(source: IO[bytes]) -> Iterator[bytes]:
    while block := source.read(_BLOCK):
        yield block


def _is_whole(path: Path, file: ModelFile) -> bool:
    return path.exists() and _checksum(path, file.algorithm) == file.digest


def _checksum(path: Path, algorithm: str) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()


def _why(error: Exception) -> str:
    reason = getattr(error, "reason", error)
    return str(reason) or type(reason).__name__
