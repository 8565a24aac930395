"""What all instances of an engine share, such as a network that any number of threads may run."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from parlando_kit.errors import ParlandoError, Reason

Loaded = TypeVar("Loaded")


class Shared(Generic[Loaded]):
    """Loads with the first instance, and lets go with the last. May be used from any thread.

    Args:
        load: makes what is shared.
        unload: gives it back.
    """

    def __init__(self, load: Callable[[], Loaded], unload: Callable[[Loaded], None]) -> None:
        self._load = load
        self._unload = unload
        self._lock = threading.Lock()  # instances are opened at the same time
        self._loaded: Loaded | None = None
        self._instances = 0

    def enter(self) -> Loaded:
        """Return what is shared, for an instance that calls `leave` when it is closed."""
        with self._lock:
            if self._loaded is None:
                self._loaded = self._load()
            self._instances += 1
            return self._loaded

    def leave(self) -> None:
        """Take leave of an instance."""
        with self._lock:
            self._instances -= 1
            if self._instances == 0 and self._loaded is not None:
                loaded, self._loaded = self._loaded, None
                self._unload(loaded)

    @property
    def loaded(self) -> Loaded:
        """What is shared.

        Raises:
            ParlandoError: ENGINE_FAILED, there is no instance.
        """
        if self._loaded is None:
            raise ParlandoError(Reason.ENGINE_FAILED, "the engine is not loaded")
        return self._loaded
