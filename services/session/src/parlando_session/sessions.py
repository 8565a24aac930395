"""Sessions: made, read, changed, forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

from parlando.session.v1.session_pb2 import Session, Spending
from parlando_kit.errors import ParlandoError, Reason
from parlando_session import account_document, masks
from parlando_session.budget import Account
from parlando_session.checks import HOUR, check_session
from parlando_session.ids import mint, require_session
from parlando_session.money import money
from parlando_session.ports import ATTEMPTS, SessionStore, Stored, conflict
from parlando_session.ranges import out_of_range
from parlando_session.times import Now, seconds_of, stamp


class Sessions:
    """The sessions of a store.

    Args:
        store: where they are kept.
        now: the time of day.
    """

    def __init__(self, store: SessionStore, now: Now) -> None:
        self._store = store
        self._now = now

    async def create(self, asked: Session) -> Session:
        """Make a session of what was asked, and return it.

        Raises:
            ParlandoError: OUT_OF_RANGE; OVERLOADED where the store is full.
        """
        session = Session(
            policy=asked.policy, metadata=asked.metadata, protocol_settings=asked.protocol_settings
        )
        for name in ("settings", "budget", "ttl"):
            if asked.HasField(name):
                getattr(session, name).CopyFrom(getattr(asked, name))
        _complete(session)
        check_session(session)
        session.id = mint()
        made = stamp(self._now())
        session.create_time.CopyFrom(made)
        session.update_time.CopyFrom(made)
        document = session.SerializeToString(deterministic=True)
        await self._store.create(session.id, document, seconds_of(session.ttl))
        return self._view(Stored(document, None))

    async def get(self, session_id: str) -> Session:
        """Return a session.

        Raises:
            ParlandoError: SESSION_NOT_FOUND.
        """
        require_session(session_id)
        return self._view(await self._store.read(session_id))

    async def update(self, changed: Session, paths: Sequence[str]) -> Session:
        """Change the fields that the paths name, and return the session.

        Args:
            changed: the new values, the session's id and, where only its current state may be changed,
                its etag.
            paths: of a field mask; see `masks`.

        Raises:
            ParlandoError: SESSION_NOT_FOUND, CONFLICT, BAD_FIELD_MASK or OUT_OF_RANGE.
        """
        require_session(changed.id, "session.id")
        for _ in range(ATTEMPTS):
            stored = await self._store.read(changed.id)
            if changed.etag not in ("", _etag(stored.session)):
                break
            session = Session.FromString(stored.session)
            masks.apply(session, changed, paths)
            _complete(session)
            check_session(session)
            _check_currency(session, account_document.read(stored.account))
            session.update_time.CopyFrom(stamp(self._now()))
            document = session.SerializeToString(deterministic=True)
            ttl = seconds_of(session.ttl)
            if await self._store.swap_session(session.id, stored.session, document, ttl):
                return self._view(Stored(document, stored.account))
        raise conflict("session.etag" if changed.etag else "")

    async def delete(self, session_id: str) -> None:
        """Forget a session and its turns, if it is there."""
        try:
            require_session(session_id)
        except ParlandoError as error:
            if error.reason is not Reason.SESSION_NOT_FOUND:
                raise
        else:
            await self._store.delete(session_id)

    def _view(self, stored: Stored) -> Session:
        """Return a session as callers see it."""
        session = Session.FromString(stored.session)
        session.spent.CopyFrom(spending(account_document.read(stored.account)))
        session.expire_time.CopyFrom(stamp(self._now() + seconds_of(session.ttl)))
        session.etag = _etag(stored.session)
        return session


def spending(account: Account) -> Spending:
    """Return what an account has spent."""
    spent = Spending(characters=account.spent.characters)
    if account.currency:
        spent.cost.CopyFrom(money(account.currency, account.spent.nanos))
    for (engine, model), share in sorted(account.shares.items()):
        spent.engines.add(
            engine=engine,
            model=model,
            cost=money(account.currency, share.nanos) if share.nanos else None,
            characters=share.characters,
        )
    return spent


def _etag(document: bytes) -> str:
    return blake2b(document, digest_size=12).hexdigest()


def _complete(session: Session) -> None:
    if not session.HasField("ttl"):
        session.ttl.FromSeconds(HOUR)


def _check_currency(session: Session, account: Account) -> None:
    currency = session.budget.cost.currency_code
    if currency and account.currency and currency != account.currency:
        raise out_of_range(
            "session.budget.cost.currency_code",
            f"is {currency}: the session spends {account.currency} already",
        )
