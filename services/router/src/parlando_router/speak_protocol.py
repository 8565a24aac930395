"""The rules of a Speak stream, without I/O: messages in, commands out.

One stream is one utterance. Its openers raise the epoch; whatever belongs to an epoch that is not
current is stale and ignored, save that a cancel is always answered.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from parlando_kit.errors import ParlandoError, Reason
from parlando_router.request import SpeechSettings, require_id, require_length


@dataclass(frozen=True, slots=True)
class Open:
    """An epoch is opened, with text to begin with; `complete`: with all of it."""

    settings: SpeechSettings
    utterance_id: str
    text: str = field(default="", repr=False)
    complete: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    """More text."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Flush:
    """Speak what there is."""

    flush_id: int


@dataclass(frozen=True, slots=True)
class Cancel:
    """Discard."""


@dataclass(frozen=True, slots=True)
class End:
    """No more text."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message of the caller: an epoch, what is said (None: nothing), and what was played so far."""

    epoch: int
    said: Open | Text | Flush | Cancel | End | None
    samples_played: int | None = None


@dataclass(frozen=True, slots=True)
class BeginEpoch:
    """Speak what comes now under this epoch; `cancels` is the epoch to cancel first, or None."""

    epoch: int
    settings: SpeechSettings
    cancels: int | None


@dataclass(frozen=True, slots=True)
class Append:
    """Text for the current epoch."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class FlushEpoch:
    """Speak what the current epoch has."""

    flush_id: int


@dataclass(frozen=True, slots=True)
class CancelEpoch:
    """Discard the current epoch, and answer."""

    epoch: int


@dataclass(frozen=True, slots=True)
class AnswerCancel:
    """Answer a cancel that changes nothing."""

    epoch: int


@dataclass(frozen=True, slots=True)
class Played:
    """The caller has played so many samples."""

    samples: int


@dataclass(frozen=True, slots=True)
class EndText:
    """No more text follows."""


Command = BeginEpoch | Append | FlushEpoch | CancelEpoch | AnswerCancel | Played | EndText


class SpeakProtocol:
    """The state of one Speak stream."""

    def __init__(self) -> None:
        self.epoch = 0
        self.settings: SpeechSettings | None = None
        self.utterance_id = ""
        self._cancelled = True  # epoch 0 never spoke
        self._ended = False
        self._played = 0

    def receive(self, message: Message) -> list[Command]:
        """Return what to do about a message, in order.

        Raises:
            ParlandoError: FIELD_REQUIRED without an opener, OUT_OF_ORDER after end or for an epoch that
                was never opened, FIELD_IMMUTABLE, OUT_OF_RANGE or TEXT_TOO_LONG; the stream is to be
                ended with it.
        """
        said = message.said
        if self.settings is None and not isinstance(said, Open):
            raise ParlandoError(
                Reason.FIELD_REQUIRED,
                "open is missing: the first message of a stream opens an epoch",
                field="open",
            )
        commands: list[Command] = []
        if isinstance(said, Open):
            commands += self._open(message.epoch, said)
        if message.epoch > self.epoch:
            raise ParlandoError(
                Reason.OUT_OF_ORDER,
                f"epoch {message.epoch} is not open: the current one is {self.epoch}",
                field="epoch",
            )
        current = message.epoch == self.epoch
        if message.samples_played is not None and current:
            commands += self._play(message.samples_played)
        if isinstance(said, Cancel):
            commands += self._cancel(message.epoch)
        elif isinstance(said, End):
            commands += self.end()
        elif isinstance(said, Text | Flush) and current and not self._cancelled:
            commands += self._speak(said)
        return commands

    def end(self) -> list[Command]:
        """Return what to do when no more text follows: an end message, or half-close."""
        if self._ended:
            return []
        self._ended = True
        return [EndText()]

    def _open(self, epoch: int, said: Open) -> list[Command]:
        if epoch < 1:
            raise ParlandoError(Reason.OUT_OF_RANGE, "epoch is 0: use 1 or more", field="epoch")
        if epoch <= self.epoch:
            return []
        if self._ended:
            raise ParlandoError(
                Reason.OUT_OF_ORDER,
                "open after end: open another stream for more text",
                field="open",
            )
        settings = said.settings
        if self.settings is None:
            require_id(said.utterance_id, "open.utterance_id")
            self.utterance_id = said.utterance_id
        else:
            settings = _unchanged(self.settings, settings)
        cancels = None if self._cancelled else self.epoch
        self.epoch, self.settings, self._cancelled = epoch, settings, False
        begun: list[Command] = [BeginEpoch(epoch, settings, cancels)]
        if said.text:
            require_length(said.text, "open.text")
            begun.append(Append(said.text))
        return begun + self.end() if said.complete else begun

    def _play(self, samples: int) -> list[Command]:
        if samples < 0:
            raise ParlandoError(
                Reason.OUT_OF_RANGE,
                "playback.samples_played is negative: use 0 or more",
                field="playback.samples_played",
            )
        if samples <= self._played:
            return []
        self._played = samples
        return [Played(samples)]

    def _cancel(self, epoch: int) -> list[Command]:
        if epoch < self.epoch or self._cancelled:
            return [AnswerCancel(epoch)]
        self._cancelled = True
        return [CancelEpoch(epoch)]

    def _speak(self, said: Text | Flush) -> list[Command]:
        if self._ended:
            raise ParlandoError(
                Reason.OUT_OF_ORDER,
                "text or flush after end: open another stream for more text",
                field="text" if isinstance(said, Text) else "flush",
            )
        if isinstance(said, Flush):
            return [FlushEpoch(said.flush_id)]
        require_length(said.text, "text.text")
        return [Append(said.text)] if said.text else []


def _unchanged(first: SpeechSettings, later: SpeechSettings) -> SpeechSettings:
    """Return the later settings, once what must not change is seen to be as at first, or left out."""
    default = SpeechSettings()
    fixed = (
        ("format", first.output, later.output, default.output),
        ("playout_mode", first.playout_mode, later.playout_mode, default.playout_mode),
        ("session_id", first.session_id, later.session_id, default.session_id),
    )
    for path, before, after, left_out in fixed:
        if after not in (before, left_out):
            raise ParlandoError(
                Reason.FIELD_IMMUTABLE,
                f"settings.{path} cannot change within an utterance: leave it out, or open another stream",
                field=f"settings.{path}",
            )
    return replace(
        later,
        output=first.output,
        playout_mode=first.playout_mode,
        session_id=first.session_id,
    )
