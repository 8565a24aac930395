"""What both adapters to Google have in common: a channel, the list of voices, and what errors mean."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any, Generic, TypeVar

from parlando_google.connection import Connection, connect
from parlando_google.refusals import refusal
from parlando_google.settings import GoogleSettings
from parlando_kit.errors import ParlandoError, Reason
from parlando_synth.remote.trouble import Refusal
from parlando_synth.remote.vendor import Vendor
from parlando_synth.voice import Voice

VERSION = version("google-cloud-texttospeech")
"""Of Google's client; read once, for it is read from a file."""

S = TypeVar("S", bound=GoogleSettings)


class GoogleVendor(Vendor, Generic[S]):
    """An adapter to one version of the API; its client is made on the channel by a subclass.

    Args:
        settings: where the service is, and how it is asked.
    """

    name = "Google"
    loggers = ("google", "grpc")

    def __init__(self, settings: S) -> None:
        self._settings = settings
        self._connection: Connection | None = None
        self._client: Any = None  # of one version or the other
        self._voices: dict[str, Voice] = {}
        self._default = ""

    @abstractmethod
    def _made(self, connection: Connection) -> Any:
        """Return the client of the version, on a connection's channel."""

    @abstractmethod
    def _known(self, listed: Sequence[Any]) -> tuple[str, Sequence[Voice]]:
        """Return the default voice, and all that are offered of those that the service lists."""

    async def open(self) -> None:
        """Connect, and list the voices."""
        self._connection = await connect(self._settings)
        self._client = self._made(self._connection)
        self._default = ""
        await self.list_voices()

    async def list_voices(self) -> None:
        """Ask for the voices of the region."""
        client, connection = self._loaded()
        await connection.let_in()
        answer = await client.list_voices(
            timeout=self._settings.connect_seconds + self._settings.first_byte_seconds,
            metadata=connection.metadata,
        )
        default, voices = self._known(answer.voices)
        self._voices = {voice.id: voice for voice in voices}
        self._default = self._default or default

    def voices(self) -> Sequence[Voice]:
        """Return the voices, sorted by id."""
        return [self._voices[name] for name in sorted(self._voices)]

    def refusal(self, error: Exception) -> Refusal | None:
        """Return what an error means."""
        return refusal(error)

    async def warm(self) -> None:
        """Connect the channel anew, where the service has closed what was idle; without a request."""
        if self._connection is not None:
            self._connection.channel.get_state(try_to_connect=True)

    async def close(self) -> None:
        """Close the channel."""
        connection, self._connection, self._client = self._connection, None, None
        if connection is not None:
            await connection.close()

    def _loaded(self) -> tuple[Any, Connection]:
        """Return the client and its connection.

        Raises:
            ParlandoError: ENGINE_FAILED: the engine is not loaded.
        """
        if self._connection is None:
            raise ParlandoError(Reason.ENGINE_FAILED, "the engine is not loaded")
        return self._client, self._connection
