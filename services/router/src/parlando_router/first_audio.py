"""One utterance's wait for its first audio: when it is refused, and when it has a place."""

from __future__ import annotations

from typing import Self

from parlando_kit.waiting import Place, WaitingRoom


class FirstAudio:
    """The wait of one utterance; as a context, it ends with that at the latest.

    With its first text it asks whether there is room, so that what is too much is refused before anybody is
    asked. It takes a place once it waits for us: a fragment is there to be spoken, or its text has ended.
    Before that its writer is waited for, however long, and nobody is kept out by that.

    Who had a place, or cancelled text, is refused no more: it is counted and goes on. What others may have
    been told by then is of no text, or of text with nothing to be spoken: how a flush or a cancel ended.

    Args:
        room: where it waits.
    """

    def __init__(self, room: WaitingRoom) -> None:
        self._room = room
        self._place: Place | None = None
        self._asked = False
        self._let_in = False
        self._written = False  # there is text that was not cancelled
        self._heard = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.leave()

    def text_came(self) -> None:
        """Note text.

        Raises:
            ParlandoError: OVERLOADED: too many wait already.
        """
        if not self._asked:
            self._room.require_room()
            self._asked = True
        self._written = True

    def text_ended(self) -> None:
        """Note that no more text follows; raises as `due`."""
        if self._written:
            self.due()

    def due(self) -> None:
        """Wait from now on, unless it does already, or has heard something.

        Raises:
            ParlandoError: OVERLOADED: too many wait already.
        """
        if self._place is None and not self._heard:
            self._place = self._room.enter(anyway=self._let_in)
            self._let_in = True

    def cancelled(self) -> None:
        """Wait no more, until there is new text to be spoken."""
        self._let_in = self._let_in or self._asked
        self._written = False
        self.leave()

    def came(self) -> None:
        """Note that audio has left: it waits for nothing any more."""
        self._heard = True
        self.leave(served=True)

    def leave(self, *, served: bool = False) -> None:
        """Give the place back, if there is one. Idempotent."""
        place, self._place = self._place, None
        if place is not None:
            place.leave(served=served)
