"""The workers there are, by engine, as they last answered."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from parlando_kit.clock import Clock
from parlando_kit.errors import ParlandoError, Reason
from parlando_router.ports import Worker
from parlando_router.replica import Description, KnownVoice, Replica
from parlando_router.voice_filter import ALL_VOICES, LONGEST_NAME, VoiceFilter


class Roster:
    """Workers by address.

    Args:
        clock: dates when they began to serve.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._replicas: dict[str, Replica] = {}
        self._groups: list[tuple[str, list[Replica]]] = []  # each synthesis asks for them several times

    def add(self, address: str, worker: Worker, rank: int = 0) -> Replica:
        """Take in a worker that has yet to answer; engines are asked in the order of their least rank."""
        self._replicas[address] = Replica(address, worker, rank)
        self._group()
        return self._replicas[address]

    def remove(self, address: str) -> None:
        """Forget a worker."""
        self._replicas.pop(address, None)
        self._group()

    def replica(self, address: str) -> Replica | None:
        """Return a worker; None where it is not known."""
        return self._replicas.get(address)

    def answered(
        self, address: str, description: Description, voices: tuple[KnownVoice, ...] | None = None
    ) -> None:
        """Note what a worker said of itself, and its voices where it was asked for them: else they stand."""
        replica = self._replicas[address]
        was_serving = replica.serving
        replica.description = description
        if voices is not None:
            replica.voices = voices
        replica.detail = "" if description.ready else description.detail or "it is not ready"
        replica.may_live = False
        if replica.serving and not was_serving:
            replica.serving_since = self._clock.now()
        self._group()

    def failed(self, address: str, detail: str, *, may_live: bool = False) -> None:
        """Pass a worker over until it answers again; one that may live is asked when nobody else is left."""
        if address in self._replicas:
            replica = self._replicas[address]
            replica.detail, replica.may_live = detail, may_live and replica.description is not None

    @property
    def has_voices(self) -> bool:
        """Whether any voice is known."""
        return any(replica.voices for replica in self._replicas.values())

    @property
    def serving(self) -> bool:
        """Whether any worker would be given work."""
        return any(replica.serving for replica in self._replicas.values())

    def voices(self, wanted: VoiceFilter = ALL_VOICES) -> list[KnownVoice]:
        """Return the voices of workers that are serving, sorted by engine and id.

        Raises:
            ParlandoError: ENGINE_NOT_FOUND.
        """
        self.require_engine(wanted.engine, "engine")
        found: dict[tuple[str, str], KnownVoice] = {}
        for name, replicas in self.groups():
            for replica in replicas:
                if replica.serving and wanted.engine in ("", name):
                    for voice in filter(wanted.takes, replica.voices):
                        found[name, voice.id] = voice
        return [found[key] for key in sorted(found)]

    def groups(self) -> Sequence[tuple[str, Sequence[Replica]]]:
        """Return engines with their workers as configured; those that never answered, under "", last."""
        return self._groups

    def _group(self) -> None:
        groups: dict[str, list[Replica]] = {}
        for replica in self._replicas.values():
            name = replica.description.engine if replica.description is not None else ""
            groups.setdefault(name, []).append(replica)
        self._groups = sorted(groups.items(), key=lambda each: (not each[0], min(r.rank for r in each[1])))

    def names(self) -> list[str]:
        """Return the names of the engines that are known, as configured."""
        return [name for name, _ in self.groups() if name]

    def require_engine(self, engine: str, path: str) -> None:
        """Refuse an engine that is not known, once one is; "" passes.

        Raises:
            ParlandoError: ENGINE_NOT_FOUND, with `path` as its field.
        """
        names = self.names()
        if engine and names and engine not in names:
            raise ParlandoError(
                Reason.ENGINE_NOT_FOUND,
                f'{path} "{engine[:LONGEST_NAME]}" is not known: use one of {", ".join(names)}',
                field=path,
            )

    def voice_not_found(self, voice: str, engine: str) -> ParlandoError:
        """Return the error that a voice is not known, with those near to it."""
        names = {name for known in self.voices(VoiceFilter(engine=engine)) for name in known.names}
        shown = voice[:LONGEST_NAME]
        near = difflib.get_close_matches(shown.casefold(), sorted(names), n=3)
        hint = f"did you mean {', '.join(near)}? " if near else ""
        return ParlandoError(
            Reason.VOICE_NOT_FOUND,
            f'settings.voice "{shown}" is not known: {hint}see the list of voices',
            field="settings.voice",
        )
