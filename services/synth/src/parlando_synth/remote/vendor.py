"""The port that an adapter to a vendor's service implements, for `remote.engine.RemoteEngine` to drive."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass

from parlando_synth.description import EngineDescription
from parlando_synth.events import Charge, Deviation, Progress, Words
from parlando_synth.job import Job
from parlando_synth.remote.trouble import Refusal
from parlando_synth.voice import Voice, named_voice

Said = bytes | Words | Progress | Charge | Deviation
"""What a vendor's stream brings. Bytes are PCM as `Vendor.speak` says, cut anywhere."""


@dataclass(slots=True)
class Exchange:
    """What an adapter notes of one job as it goes.

    Attributes:
        ignored: paths of what the job asks and the vendor cannot do, beside what the description tells;
            set before the first item.
        rate: sample rate that the answer itself states, in hertz, where it does; set before the first sound.
        goes_on: True while a stop would leave work behind that the vendor finishes and bills.
    """

    ignored: tuple[str, ...] = ()
    rate: int | None = None
    goes_on: bool = False


class Vendor(ABC):
    """A vendor's service, by its own SDK where there is one.

    An adapter raises its SDK's errors as they come; `refusal` reads them. It neither retries nor times
    anything but the making of connections, and switches off what its SDK does of both.

    Attributes:
        name: of the vendor, for messages.
        loggers: of its libraries: they log requests, so only warnings of theirs are let through.
    """

    name: str
    loggers: Sequence[str] = ()

    @abstractmethod
    async def open(self) -> None:
        """Connect, ask what there is to know, and so leave a connection warm for the first job."""

    @abstractmethod
    def describe(self) -> EngineDescription:
        """Return what the service can do; `max_live` is replaced by the settings'. Valid after `open`."""

    @abstractmethod
    def voices(self) -> Sequence[Voice]:
        """Return the voices, sorted by id. Valid after `open`."""

    def find_voice(self, name: str) -> Voice | None:
        """Return the voice to use for a name a caller gave, or None when there is none."""
        return named_voice(name, self.voices())

    def heard(self, job: Job) -> str:
        """Return a job's text with spaces in place of what is an instruction in it, and never spoken."""
        return job.text

    @abstractmethod
    def speak(self, job: Job, exchange: Exchange) -> AsyncGenerator[Said, None]:
        """Ask for a job's speech, and yield what comes as it comes.

        Sound is signed 16-bit little-endian PCM of one channel at the voice's rate, raw or as WAV. A
        description that states ESTIMATED leaves the words' times to the engine; any other yields `Words`.

        It runs on a task of its own. A stop cancels it: what it holds is given back in `finally`, which
        tells the vendor to stop where there is a way to, and sets `exchange.goes_on` to what is true then.
        """

    @abstractmethod
    def refusal(self, error: Exception) -> Refusal | None:
        """Return what an error of `open` or `speak` means; None for one that no adapter expects."""

    async def list_voices(self) -> None:  # noqa: B027  # not every vendor has a list
        """Ask anew which voices there are. Where that fails, `voices` returns those that were known before.

        Called now and then once it is open, whoever speaks meanwhile. It asks for nothing that is billed.
        """

    async def warm(self) -> None:  # noqa: B027  # not every vendor closes what is idle
        """See that a connection is there for the next job: use one that is idle, or open one where none is.

        Called while nobody speaks, now and then, and only while the engine was used of late. It asks for
        nothing that is billed.
        """

    @abstractmethod
    async def close(self) -> None:
        """Give everything back. Once no job is live; also where `open` failed."""
