"""Policies: read, replaced, watched.

The book knows every policy as its store last said. A watcher is told what differs from what it was told
before, whenever the book has changed, so that it misses nothing and piles nothing up however slowly it
reads; and the book reads the store again whenever the store's stamp differs, which after a loss of the
store brings it up to date by itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Collection
from dataclasses import dataclass

from parlando.session.v1.session_pb2 import Policy
from parlando_kit.errors import ParlandoError, Reason
from parlando_session.checks import require_policy_name
from parlando_session.policy_checks import bad, check_policy
from parlando_session.ports import ATTEMPTS, PolicyStore, conflict

DEFAULT = "default"

MAX_POLICIES = 256
"""Policies that are kept."""

_NONE = b""


@dataclass(frozen=True, slots=True)
class Change:
    """A policy as it is now, or was deleted.

    Attributes:
        policy: the policy; with its name alone where it is not there.
    """

    policy: Policy
    deleted: bool


class PolicyBook:
    """The policies of a store.

    Args:
        store: where they are kept.
        engines: names of the engines that a policy may name; none where that is not known.
    """

    def __init__(self, store: PolicyStore, engines: Collection[str]) -> None:
        self._store = store
        self._engines = engines
        self._known: dict[str, bytes] = {}
        self._stamp: bytes | None = None
        self._reading = asyncio.Lock()
        self._changed = asyncio.Event()  # set, and replaced, at every change
        self._closed = False

    async def get(self, name: str) -> Policy:
        """Return a policy; where none of that name was ever set, an empty one of revision 0.

        Raises:
            ParlandoError: OUT_OF_RANGE for what cannot be a policy's name.
        """
        require_policy_name(name, "name")
        await self.refresh()
        return _policy(name or DEFAULT, self._known.get(name or DEFAULT, _NONE))

    async def set(self, policy: Policy) -> Policy:
        """Replace a policy, and return it with its revision.

        Raises:
            ParlandoError: BAD_POLICY, the old one stays.
        """
        check_policy(policy, self._engines)
        for _ in range(ATTEMPTS):
            await self.refresh()
            old = self._known.get(policy.name)
            if old is None and len(self._known) >= MAX_POLICIES:
                raise bad("policy.name", f"there are {MAX_POLICIES} policies: replace one of them")
            policy.revision = _policy(policy.name, old or _NONE).revision + 1
            if await self._store.swap(policy.name, old, policy.SerializeToString(deterministic=True)):
                await self.refresh()
                return policy
        raise conflict()

    async def watch(self, name: str) -> AsyncGenerator[Change, None]:
        """Yield policies as they are, then each change, until the book is closed.

        The policy that is watched, or the default one where all are, is always among the first, empty
        where it was never set.

        Raises:
            ParlandoError: DRAINING once the book is closed; OUT_OF_RANGE for what cannot be a policy's name.
        """
        require_policy_name(name, "name")
        await self.refresh()
        told: dict[str, bytes] | None = None
        while not self._closed:
            changed = self._changed
            known = {each: document for each, document in self._known.items() if name in ("", each)}
            if told is None:
                for each in sorted({*known, name or DEFAULT}):
                    yield Change(_policy(each, known.get(each, _NONE)), deleted=False)
            else:
                for each in sorted(each for each in {*told, *known} if told.get(each) != known.get(each)):
                    yield Change(_policy(each, known.get(each, _NONE)), deleted=each not in known)
            told = known
            await changed.wait()
        raise ParlandoError(Reason.DRAINING, "the service is shutting down: watch again")

    async def poll(self) -> None:
        """Read the store where it has changed since it was last read."""
        if await self._store.stamp() != self._stamp:
            await self.refresh()

    async def refresh(self) -> None:
        """Read the store, and wake watchers where something has changed."""
        async with self._reading:
            stamp = await self._store.stamp()  # first: what changes meanwhile changes it again
            known = await self._store.all()
            self._stamp = stamp
            if known != self._known:
                self._known = known
                self._wake()

    def close(self) -> None:
        """End every watch."""
        self._closed = True
        self._wake()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()


def _policy(name: str, document: bytes) -> Policy:
    return Policy.FromString(document) if document else Policy(name=name)
