"""Who finds the words: the port of a dialogue, and the one that says what it is given."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from typing import Protocol

from parlando_edge.ports import SpeechSettings
from parlando_edge.session_ports import TurnRole
from parlando_kit.errors import ParlandoError, Reason

LONGEST_TEXT = 100_000
"""Longest text of one response, and of one part of an item, in characters."""


@dataclass(frozen=True, slots=True)
class Message:
    """Something that was written or said in a conversation.

    Attributes:
        role: whose it is.
        text: its words, never empty; of speech that was interrupted, those that were heard.
        asked: whether it is what the answer is asked for, rather than what came before that. After speech,
            which nobody understood, it may be that nothing is.
    """

    role: TurnRole
    text: str = field(repr=False)
    asked: bool = False


@dataclass(frozen=True, slots=True)
class Prompt:
    """What an answer is asked for.

    Attributes:
        asked: the texts of what it is asked for, the oldest first.
        messages: returns the conversation, the oldest first, what is asked included; of a response with an
            `input` of its own, that alone. It is made when it is asked for, as of the time of the prompt.
        instructions: how to answer; "" for none.
        settings: how the answer is spoken.
    """

    asked: tuple[str, ...] = field(repr=False)
    messages: Callable[[], tuple[Message, ...]] = field(repr=False)
    instructions: str = field(repr=False)
    settings: SpeechSettings


class Dialogue(Protocol):
    """Finds the words of a response."""

    def answer(self, prompt: Prompt) -> AsyncGenerator[str, None]:
        """Return the words of the answer, piece by piece; a piece may end in the middle of a word.

        Asking begins nothing: work begins with the first piece that is read, in the task that reads it, which
        is cancelled, and waited for, once no more is wanted; it closes the generator, too. At most
        `LONGEST_TEXT` characters are taken. An empty piece is none.

        Raises:
            ParlandoError: at once, for what cannot be answered, so that there is no response (FIELD_REQUIRED
                where there is nothing to answer); while it is read, where the answer fails, and the response
                with it.
        """
        ...


class Verbatim:
    """Says what it is asked, word for word."""

    def answer(self, prompt: Prompt) -> AsyncGenerator[str, None]:
        """Return all that is asked, in one piece.

        Raises:
            ParlandoError: FIELD_REQUIRED where that is nothing, TEXT_TOO_LONG where it is too much.
        """
        text = asked_text(prompt)
        if not text or text.isspace():
            raise ParlandoError(
                Reason.FIELD_REQUIRED,
                "there is nothing to speak: create an item of role user with input_text,"
                " or send response.input",
                field="response.input",
            )
        return _one(text)


def asked_text(prompt: Prompt) -> str:
    """Return the text of all that is asked, joined by line ends.

    Raises:
        ParlandoError: TEXT_TOO_LONG.
    """
    text = "\n".join(prompt.asked)
    if len(text) > LONGEST_TEXT:
        raise ParlandoError(
            Reason.TEXT_TOO_LONG,
            f"this response has {len(text):,} characters to speak: at most {LONGEST_TEXT:,} go at a time",
            field="response.input",
        )
    return text


async def _one(text: str) -> AsyncGenerator[str, None]:
    yield text
