"""The networks in memory: the voices used last."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from concurrent.futures import Future
from pathlib import Path

from piper import SynthesisConfig

from parlando_piper.network import Network
from parlando_piper.sentences import LONGEST
from parlando_piper.voices import Speaker
from parlando_synth.stop_flag import StopFlag

_WARM_UP = 20  # symbols


class Shelf:
    """Loads networks as they are asked for, and lets go of the one that was not used for longest.

    May be used from any thread; who asks for a network that is there waits for nobody.

    Args:
        most: networks kept.
        threads: threads of one run.

    Attributes:
        longest_silence: seconds that loading and the longest run take, of the slowest network so far.
    """

    def __init__(self, most: int, threads: int) -> None:
        self.longest_silence = 0.0
        self._most = most
        self._threads = threads
        self._lock = threading.Lock()
        self._networks: OrderedDict[Path, Future[Network]] = OrderedDict()

    def network(self, speaker: Speaker) -> Network:
        """Return a speaker's network.

        Raises:
            ParlandoError: ENGINE_FAILED, its file is no voice.
        """
        with self._lock:
            there = self._networks.get(speaker.path)
            network = self._networks[speaker.path] = there or Future()
            self._networks.move_to_end(speaker.path)
            if len(self._networks) > self._most:
                self._networks.popitem(last=False)
        if there is None:
            try:
                network.set_result(self._load(speaker))
            except BaseException as error:  # noqa: BLE001  # raised below, by all who wait for it
                with self._lock:
                    self._networks.pop(speaker.path, None)
                network.set_exception(error)
        return network.result()

    def _load(self, speaker: Speaker) -> Network:
        """Load a network and let it speak: what that takes says how long it may be silent."""
        began = time.monotonic()
        network = Network(speaker.path, speaker.config, threads=self._threads)
        letters = (
            symbol for symbol in speaker.config.phoneme_id_map if len(symbol) == 1 and symbol.isalpha()
        )
        symbols = next(letters, " ") * _WARM_UP
        for _ in range(2):  # the first run lays out memory
            last = time.monotonic()
            network.run(symbols, SynthesisConfig(speaker_id=speaker.number), StopFlag())
        longest = (last - began) + (time.monotonic() - last) * LONGEST / _WARM_UP
        with self._lock:
            self.longest_silence = max(self.longest_silence, longest)
        return network
