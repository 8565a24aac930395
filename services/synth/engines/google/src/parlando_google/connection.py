"""A channel to Google, with what it is let in by."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from ipaddress import ip_address
from urllib.parse import urlsplit

import google.auth
import grpc
from google.api_core import grpc_helpers_async
from google.auth.credentials import Credentials
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import Request
from google.oauth2 import service_account

from parlando_google.refusals import refusal
from parlando_google.settings import GoogleSettings
from parlando_kit.errors import ParlandoError, Reason
from parlando_synth.remote.trouble import Trouble

_SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)
_OPTIONS = (
    ("grpc.enable_retries", 0),  # who is asked again, and when, is not this channel's to decide
    ("grpc.max_receive_message_length", 64 * 1024 * 1024),  # a whole text's sound in one answer
)
_CONNECTING = frozenset({grpc.ChannelConnectivity.IDLE, grpc.ChannelConnectivity.CONNECTING})
_HTTPS_PORT = 443
# The libraries take what a file holds for an object of text, and its key for one of RSA, without a look.
_NO_CREDENTIALS = (GoogleAuthError, ValueError, TypeError, AttributeError)


class Connection:
    """One channel, for as long as an engine is loaded.

    Args:
        channel: to the service.
        metadata: sent with every call.
        seconds: how long it may take to be made.
        credentials: whose token the channel sends with every call; None where there is none to be had.
    """

    def __init__(
        self,
        channel: grpc.aio.Channel,
        metadata: Sequence[tuple[str, str]],
        seconds: float,
        credentials: Credentials | None = None,
    ) -> None:
        self.channel = channel
        self.metadata = metadata
        self._seconds = seconds
        self._credentials = credentials
        self._renewing = asyncio.Lock()

    def __repr__(self) -> str:  # the metadata holds the key
        return "Connection()"

    async def made(self) -> None:
        """Return once a call leaves at once, or fails at once; until then nothing of it is sent.

        Raises:
            TimeoutError: there is still no connection.
            GoogleAuthError: as `let_in`.
        """
        await self.let_in()
        async with asyncio.timeout(self._seconds):
            while (state := self.channel.get_state(try_to_connect=True)) in _CONNECTING:
                await self.channel.wait_for_state_change(state)

    async def let_in(self) -> None:
        """Return once there is a token that lasts.

        The channel would renew it as well, but tells of one that is refused as of a service that is out.

        Raises:
            GoogleAuthError: it is refused, or who gives tokens is out.
        """
        credentials = self._credentials
        if credentials is None:
            return
        async with self._renewing:
            if not credentials.valid:
                await asyncio.to_thread(_renew, credentials, self._seconds)

    async def close(self) -> None:
        """End the calls that are left, and the channel."""
        await self.channel.close()


async def connect(settings: GoogleSettings) -> Connection:
    """Return a channel that is let in by the key, by the file, or by what Google's libraries find.

    Raises:
        ParlandoError: ENGINE_KEY_REFUSED: there is nothing to be let in by, or it gets no token.
        GoogleAuthError: who gives tokens is out.
    """
    parts = urlsplit(settings.endpoint)
    target = f"{parts.hostname}:{parts.port or _HTTPS_PORT}"
    key = settings.secret().get_secret_value()
    metadata = (("x-goog-api-key", key),) if key else ()
    seconds = settings.connect_seconds
    if parts.scheme == "http":
        _require_this_machine(parts.hostname or "")
        return Connection(grpc.aio.insecure_channel(target, _OPTIONS), metadata, seconds)
    if key:
        trusted = grpc.ssl_channel_credentials()
        return Connection(grpc.aio.secure_channel(target, trusted, _OPTIONS), metadata, seconds)
    credentials = await asyncio.to_thread(_credentials, settings)
    channel = grpc_helpers_async.create_channel(
        target, credentials=credentials, default_scopes=_SCOPES, options=_OPTIONS
    )
    return Connection(channel, metadata, seconds, credentials)


def _credentials(settings: GoogleSettings) -> Credentials:
    """Return credentials with a token: of the file that is named, or found as Google's libraries do. Blocks.

    Raises:
        ParlandoError: ENGINE_KEY_REFUSED: there are none, or they get no token.
        GoogleAuthError: who gives tokens is out.
    """
    try:
        if settings.credentials is not None:
            read = service_account.Credentials.from_service_account_file
            found: Credentials = read(  # type: ignore[no-untyped-call]  # the library types it nowhere
                str(settings.credentials.expanduser()), scopes=_SCOPES
            )
        else:
            found, _ = google.auth.default(scopes=_SCOPES)
        _renew(found, settings.connect_seconds)
    except (OSError, *_NO_CREDENTIALS) as error:
        meaning = refusal(error)
        if meaning is not None and meaning.trouble is Trouble.OUTAGE:
            raise
        wrong = type(error).__name__
    else:
        return found
    raise _refused(settings, wrong)  # raised here, it carries nothing of what the file holds


def _renew(credentials: Credentials, seconds: float) -> None:
    """Get a token; each answer may take so many seconds. Blocks."""
    credentials.refresh(partial(Request(), timeout=seconds))  # type: ignore[no-untyped-call]


def _refused(settings: GoogleSettings, wrong: str) -> ParlandoError:
    """Return an error that names the setting that is wrong, or those of which none is set."""
    found = "GOOGLE_APPLICATION_CREDENTIALS"
    name = "GOOGLE_CREDENTIALS" if settings.credentials is not None else found
    if settings.credentials is not None or settings.application_credentials is not None:
        told = f"{name} names no credentials that Google takes ({wrong}): name others, or make their key anew"
    else:
        told = (
            f"no credentials for Google ({wrong}): set GOOGLE_KEY, GOOGLE_CREDENTIALS, or {found}, or run "
            "gcloud auth application-default login"
        )
    return ParlandoError(Reason.ENGINE_KEY_REFUSED, told)


def _require_this_machine(host: str) -> None:
    """Refuse to send a key and texts in the clear to anywhere else."""
    try:
        loopback = ip_address(host).is_loopback
    except ValueError:
        loopback = host == "localhost"
    if not loopback:
        raise ParlandoError(
            Reason.OUT_OF_RANGE,
            "GOOGLE_ENDPOINT is plain http, which is for this machine alone: use https",
            field="endpoint",
        )
