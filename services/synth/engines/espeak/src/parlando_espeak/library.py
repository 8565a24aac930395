"""A small binding of libespeak-ng 1.52, for one thread of one process.

The library keeps its state in globals, so that nothing else may call it while a text is spoken. It needs
the standard library alone: it is imported by the process that does nothing but speak (`voicebox`).
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from enum import IntEnum
from typing import NamedTuple

SAMPLE_RATE = 22_050
"""Samples a second, of every voice."""

LONGEST_PLAIN_RATE = 449
"""Fastest rate in words a minute that the library speaks by itself; above, it compresses what it made."""

BUFFER_MS = 60
"""Audio between two callbacks: the least the library allows."""

COMMAND = "\x01"
"""Begins a command within a text: a number and a letter follow."""

_SYNCHRONOUS = 2  # output mode: the callback runs inside espeak_Synth
_DONT_EXIT = 0x8000  # initialisation: report a missing data folder rather than end the process
_UTF8 = 1  # synthesis: the text is UTF-8, and neither markup nor phonemes
_BUFFER_SAMPLES = SAMPLE_RATE * BUFFER_MS // 1000 + 1


class Parameter(IntEnum):
    """Numbers of espeak_PARAMETER."""

    RATE = 1
    VOLUME = 2
    PITCH = 3
    RANGE = 4


class EventKind(IntEnum):
    """Numbers of espeak_EVENT_TYPE that are passed on."""

    WORD = 1
    CLAUSE_END = 5


class LibraryError(Exception):
    """The library refused a call; the message says which."""


class ListedVoice(NamedTuple):
    """A voice or a variant as the library lists it.

    Attributes:
        identifier: path below its folder. Example: "gmw/en-US", "!v/f3".
        languages: tags as its makers write them, in lower case, the narrowest first.
        gender: 0 unknown, 1 male, 2 female.
        age: years; 0 where not stated.
    """

    identifier: str
    name: str
    languages: tuple[str, ...]
    gender: int
    age: int


Event = tuple[int, int, int]
"""Kind, position in the text (0-based, code points), sample from the start of the text."""

Sink = Callable[[bytes, list[Event]], bool]
"""Takes PCM and the events that lie in it; returns True to end the synthesis."""


class _EventId(ctypes.Union):
    _fields_ = (("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8))


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _EventId),
    )


class _Voice(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_char_p),
        ("languages", ctypes.c_void_p),
        ("identifier", ctypes.c_char_p),
        ("gender", ctypes.c_ubyte),
        ("age", ctypes.c_ubyte),
        ("variant", ctypes.c_ubyte),
        ("xx1", ctypes.c_ubyte),
        ("score", ctypes.c_int),
        ("spare", ctypes.c_void_p),
    )


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.POINTER(_Event))


class Library:
    """The library, loaded and initialised.

    Args:
        path: the shared library.
        data: the folder of its voices and dictionaries.

    Raises:
        LibraryError: it cannot be loaded, or its data is not there.
    """

    def __init__(self, path: str, data: str) -> None:
        try:
            self._lib = ctypes.CDLL(path)
        except OSError as error:
            raise LibraryError(f"{path} cannot be loaded") from error
        self._declare()
        rate = self._lib.espeak_Initialize(_SYNCHRONOUS, BUFFER_MS, data.encode(), _DONT_EXIT)
        if rate != SAMPLE_RATE:
            raise LibraryError(f"the library cannot work with its data in {data}")
        self._sink: Sink | None = None
        self._failure: BaseException | None = None
        self._made = 0  # samples since the start of the text
        self._compressed = False
        self._callback = _Callback(self._called)  # kept here: the library holds only its address
        self._lib.espeak_SetSynthCallback(self._callback)

    @property
    def version(self) -> str:
        """The library's version. Example: "1.52.0"."""
        version: bytes = self._lib.espeak_Info(None)
        return version.decode()

    def voices(self) -> list[ListedVoice]:
        """Return every voice whose language it can speak."""
        return self._list(None)

    def variants(self) -> list[ListedVoice]:
        """Return the variants: other speakers that any voice can be given."""
        wanted = _Voice()
        language = ctypes.create_string_buffer(b"variant")
        wanted.languages = ctypes.addressof(language)
        return self._list(wanted)

    def set_voice(self, identifier: str) -> None:
        """Speak with a voice from now on: its identifier, "+" and a variant's name where one is wanted.

        Raises:
            LibraryError: there is none, or it lacks its dictionary.
        """
        if self._lib.espeak_SetVoiceByName(identifier.encode()):
            raise LibraryError("there is no such voice")

    def set_parameter(self, parameter: Parameter, value: int) -> None:
        """Set a parameter for all that is spoken from now on."""
        self._lib.espeak_SetParameter(parameter, value, 0)
        if parameter is Parameter.RATE:
            self._compressed = value > LONGEST_PLAIN_RATE

    def speak(self, text: str, sink: Sink) -> None:
        """Speak a text, handing over audio as it is made; return when all is said or `sink` ends it.

        Args:
            text: without NUL and without lone surrogates.
            sink: called on this thread, with at most `BUFFER_MS` of audio at a time.

        Raises:
            LibraryError: the library refuses the text.
        """
        self._sink, self._failure, self._made = sink, None, 0
        encoded = text.encode()
        try:
            refused = self._lib.espeak_Synth(encoded, len(encoded) + 1, 0, 1, 0, _UTF8, None, None)
        finally:
            self._sink = None
        if self._failure is not None:
            raise self._failure
        if refused:
            raise LibraryError("the library refused the text")

    def _called(self, pcm: int | None, samples: int, events: ctypes._Pointer[_Event]) -> int:
        if self._sink is None or pcm is None:
            return 0
        try:
            started, self._made = self._made, self._made + samples
            found: list[Event] = []
            index = 0
            while (event := events[index]).type:
                if event.type in _KINDS:
                    found.append((event.type, self._position(event), self._sample(event, started)))
                index += 1
            return int(self._sink(ctypes.string_at(pcm, samples * 2), found))
        except BaseException as failure:  # noqa: BLE001  # it must not be lost in the library's frames
            self._failure = failure
            return 1

    def _position(self, event: _Event) -> int:
        # Words are counted from 1. The end of a clause is where its reader has got to, counted from 0.
        return int(event.text_position) - (1 if event.type == EventKind.WORD else 0)

    def _sample(self, event: _Event, started: int) -> int:
        offset = int(event.sample) - started
        if self._compressed:  # the offset is that before compression, in a full buffer but for the last
            whole = event.type == EventKind.CLAUSE_END
            offset = self._made - started if whole else offset * (self._made - started) // _BUFFER_SAMPLES
        return started + max(0, min(offset, self._made - started))

    def _list(self, wanted: _Voice | None) -> list[ListedVoice]:
        pointers = self._lib.espeak_ListVoices(None if wanted is None else ctypes.byref(wanted))
        voices: list[ListedVoice] = []
        while pointers[len(voices)]:
            voice = pointers[len(voices)].contents
            voices.append(
                ListedVoice(
                    identifier=voice.identifier.decode(),
                    name=voice.name.decode().strip(),
                    languages=_languages(voice.languages),
                    gender=voice.gender,
                    age=voice.age,
                )
            )
        return voices

    def _declare(self) -> None:
        lib = self._lib
        lib.espeak_Initialize.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_char_p, ctypes.c_int)
        lib.espeak_Info.argtypes = (ctypes.c_void_p,)
        lib.espeak_Info.restype = ctypes.c_char_p
        lib.espeak_SetSynthCallback.argtypes = (_Callback,)
        lib.espeak_SetSynthCallback.restype = None
        lib.espeak_SetVoiceByName.argtypes = (ctypes.c_char_p,)
        lib.espeak_SetParameter.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_int)
        lib.espeak_ListVoices.argtypes = (ctypes.POINTER(_Voice),)
        lib.espeak_ListVoices.restype = ctypes.POINTER(ctypes.POINTER(_Voice))
        lib.espeak_Synth.argtypes = (
            ctypes.c_char_p,  # text
            ctypes.c_size_t,  # its size in bytes
            ctypes.c_uint,  # where to start
            ctypes.c_int,  # what that is counted in: characters
            ctypes.c_uint,  # where to end: 0, the end
            ctypes.c_uint,  # flags
            ctypes.c_void_p,  # where to put the identifier of the events: nowhere
            ctypes.c_void_p,  # what to hand to the callback: nothing
        )


_KINDS = frozenset(EventKind)


def _languages(address: int) -> tuple[str, ...]:
    """Read a list of languages: each a byte of priority and a name that ends with 0; priority 0 ends it."""
    found: list[str] = []
    while ctypes.string_at(address, 1) != b"\0":
        name = ctypes.string_at(address + 1)
        found.append(name.decode())
        address += 2 + len(name)
    return tuple(found)
