"""The turns of sessions: kept, listed, truncated."""

from __future__ import annotations

from google.protobuf.duration_pb2 import Duration

from parlando.session.v1.session_pb2 import TURN_ROLE_ASSISTANT, Heard, Turn
from parlando_kit.errors import ParlandoError, Reason
from parlando_session.hearing import heard_of
from parlando_session.ids import require_session, require_turn
from parlando_session.ports import ATTEMPTS, MAX_TURN_BYTES, MAX_TURNS, SessionStore, Swap, conflict
from parlando_session.ranges import out_of_range, require_range
from parlando_session.times import Now, stamp
from parlando_session.turn_checks import check_turn

_PAGE = 100
_LARGEST_PAGE = 1_000
_LONGEST_TOKEN = 15


class Turns:
    """The turns of a store's sessions.

    Args:
        store: where they are kept.
        now: the time of day.
    """

    def __init__(self, store: SessionStore, now: Now) -> None:
        self._store = store
        self._now = now

    async def put(self, session_id: str, turn: Turn, previous: str | None = None) -> Turn:
        """Store a turn, in the place of the one with its id if there is one; return it as stored.

        Args:
            session_id: whose turn.
            turn: the turn.
            previous: the turn that a new one comes behind, "" for none; behind all others where it is None or
                not there.

        Raises:
            ParlandoError: SESSION_NOT_FOUND; FIELD_REQUIRED, OUT_OF_RANGE or TEXT_TOO_LONG for a turn
                that cannot be stored; OUT_OF_RANGE where the session is full.
        """
        require_session(session_id)
        check_turn(turn)
        if previous:
            require_turn(previous, "previous_turn_id")
        for _ in range(ATTEMPTS):
            old = await self._store.read_turn(session_id, turn.id)
            made = stamp(self._now()) if old is None else Turn.FromString(old).create_time
            turn.create_time.CopyFrom(made)
            if await self._swap(session_id, turn, old, previous):
                return turn
        raise conflict()

    async def page(self, session_id: str, size: int, token: str) -> tuple[list[Turn], str]:
        """Return turns, in their order, and the next page's token, "" after the last.

        Args:
            session_id: whose turns.
            size: at most so many, 1 to 1,000; 0 is 100.
            token: of the page before; "" begins.

        Raises:
            ParlandoError: SESSION_NOT_FOUND or OUT_OF_RANGE.
        """
        require_session(session_id)
        require_range(size, 0, _LARGEST_PAGE, "page_size")
        if token and not (token.isascii() and token.isdecimal() and len(token) <= _LONGEST_TOKEN):
            raise out_of_range("page_token", "is none that was given out: send next_page_token as it came")
        page = await self._store.turns(session_id, int(token or 0), size or _PAGE)
        return [Turn.FromString(document) for document in page.turns], str(page.last) if page.more else ""

    async def delete(self, session_id: str, turn_id: str) -> None:
        """Forget a turn, if it is there."""
        require_turn(turn_id, "turn_id")
        try:
            require_session(session_id)
        except ParlandoError as error:
            if error.reason is not Reason.SESSION_NOT_FOUND:
                raise
        else:
            await self._store.delete_turn(session_id, turn_id)

    async def truncate(self, session_id: str, turn_id: str, audio_end: Duration) -> Heard:
        """Note in a turn what was heard of it, and return that.

        The turn's status stays: it says how the speaking ended, and the answer depends on it, so that a
        second truncation at the same place answers the same.

        Raises:
            ParlandoError: SESSION_NOT_FOUND; TURN_NOT_FOUND, also for a turn that is not the assistant's;
                POSITION_BEYOND_END; OUT_OF_RANGE.
        """
        require_session(session_id)
        require_turn(turn_id, "turn_id")
        for _ in range(ATTEMPTS):
            old = await self._store.read_turn(session_id, turn_id)
            turn = Turn.FromString(old or b"")
            if turn.role != TURN_ROLE_ASSISTANT:
                why = (
                    "the session has no turn of that id" if old is None else "the turn is not the assistant's"
                )
                raise ParlandoError(Reason.TURN_NOT_FOUND, why, field="turn_id")
            turn.heard.CopyFrom(heard_of(turn, audio_end))
            if await self._swap(session_id, turn, old):
                return turn.heard
        raise conflict()

    async def _swap(
        self, session_id: str, turn: Turn, old: bytes | None, previous: str | None = None
    ) -> bool:
        document = turn.SerializeToString(deterministic=True)
        swap = await self._store.swap_turn(session_id, turn.id, old, document, previous)
        if swap is Swap.FULL:
            raise out_of_range(
                "turn",
                f"does not fit its session, which holds at most {MAX_TURNS:,} turns of {MAX_TURN_BYTES:,} "
                "bytes in all: delete some, or begin another session",
            )
        return swap is Swap.DONE
