"""Whether an HTTP service of ours answers at a port of this machine."""

from __future__ import annotations

import asyncio

from parlando_client.supervisor.ports import Listener

_ANSWER_SECONDS = 3.0
_AGAIN_SECONDS = 0.05
_LARGEST_ANSWER = 64 * 1024


async def request(port: int, path: str, method: str = "GET") -> tuple[int, bytes]:
    """Return status and body of what 127.0.0.1:`port` answers.

    Raises:
        OSError: nobody listens, or no whole answer came within 3 s (TimeoutError).
        ValueError: what answered does not speak HTTP.
    """
    async with asyncio.timeout(_ANSWER_SECONDS):
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=_LARGEST_ANSWER)
        try:
            headers = "Host: 127.0.0.1\r\nConnection: close\r\nContent-Length: 0"
            writer.write(f"{method} {path} HTTP/1.1\r\n{headers}\r\n\r\n".encode())
            answer = await reader.read(_LARGEST_ANSWER)
            while more := await reader.read(_LARGEST_ANSWER):
                answer += more
        finally:
            writer.close()
    head_lines, _, body = answer.partition(b"\r\n\r\n")
    version, _, rest = head_lines.partition(b" ")
    if not version.startswith(b"HTTP/"):
        raise ValueError("no HTTP")
    return int(rest[:3]), body


async def who_listens_over_http(port: int, path: str, sign: bytes) -> Listener:
    """Return who answers at a port: SERVING is status 200 with `sign` in the body, NOT_SERVING is 503."""
    try:
        status, body = await request(port, path)
    except ConnectionRefusedError:
        return Listener.NOBODY
    except (OSError, ValueError):
        return Listener.STRANGER
    if status == 200 and sign in body:  # noqa: PLR2004  # HTTP's OK
        return Listener.SERVING
    return Listener.NOT_SERVING if status == 503 else Listener.STRANGER  # noqa: PLR2004  # unavailable


async def wait_until_http_serves(port: int, path: str, sign: bytes) -> None:
    """Return once the service at a port answers with status 200 and `sign`; it need not be up yet."""
    while await who_listens_over_http(port, path, sign) is not Listener.SERVING:  # noqa: ASYNC110  # see below
        await asyncio.sleep(_AGAIN_SECONDS)  # nothing tells when somebody begins to listen


async def wait_until_http_heard(port: int, path: str) -> None:
    """Return once whoever is at a port has said anything, a refusal too."""
    while True:
        try:
            await request(port, path)
        except TimeoutError:
            continue
        except (OSError, ValueError):
            return
        return
