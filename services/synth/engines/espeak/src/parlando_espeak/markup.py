"""SSML, lowered to passages.

The library has an SSML reader of its own. It is not used: it plays sound files that `audio` names, writes
beyond its stacks where elements are nested deeply, and loses track of positions. Here the markup is parsed
by expat, with entities and document types refused, and what remains is plain text, commands that the
library takes within a text, and silence.

What an element asks and the library cannot do is left out and noted; what cannot be read is refused.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from xml.parsers import expat

from parlando_espeak.manner import FASTEST_MARKED, Manner
from parlando_espeak.passages import Passage
from parlando_espeak.prosody import UNDONE, BadValue, emphasis, prosody
from parlando_espeak.script import SPELLINGS, Script
from parlando_espeak.voices import FEMALE_VARIANT, VoiceTable
from parlando_kit.errors import ParlandoError, Reason
from parlando_kit.spans import Span
from parlando_synth.languages import best_voice, understands
from parlando_synth.voice import Gender, Voice

ELEMENTS = ("break", "emphasis", "lang", "mark", "p", "prosody", "s", "say-as", "speak", "sub", "voice")
"""What is understood; `mark` has no effect."""

_READ_THROUGH = frozenset({"audio", "lookup", "phoneme", "token", "w"})  # their text is spoken as it is
_UNSPOKEN = frozenset({"desc", "lexicon", "meta", "metadata"})  # their text is not

LONGEST_BREAK = 10.0
"""Seconds of a single break."""

_BREAKS = {"none": 0.0, "x-weak": 0.1, "weak": 0.2, "medium": 0.4, "strong": 0.7, "x-strong": 1.2}
_TIME = re.compile(r"\+?(\d+(?:\.\d*)?|\.\d+)(ms|s)")
_RESTS = {"s": 0.35, "p": 0.7}  # seconds after an element
_AS_WRITTEN = frozenset({"cardinal", "number"})  # what the library reads that way by itself
_WRAP = ("<speak>", "</speak>")
_AMPERSAND = re.compile("&(?:amp|#0*38|#x0*26);")


@dataclass(frozen=True, slots=True)
class Reading:
    """A marked-up text, ready to speak.

    Attributes:
        passages: in order.
        complete: False where something that the markup asks is left out.
    """

    passages: list[Passage]
    complete: bool


@dataclass(frozen=True, slots=True)
class _Scope:
    """What holds inside an element."""

    element: str
    voice: str
    manner: Manner
    spelling: str = ""
    spoken: bool = True
    alias: str | None = None
    start: int = 0  # where the element begins


def read_markup(text: str, voice: str, manner: Manner, voices: VoiceTable) -> Reading:
    """Lower a marked-up text.

    Args:
        text: SSML 1.1; the speak element may be left out.
        voice: the id of the voice to begin with.
        manner: the delivery to begin with.
        voices: what the markup can choose from.

    Raises:
        ParlandoError: BAD_MARKUP, naming line and column.
    """
    return _Reader(text, voice, manner, voices).read()


class _Reader:
    def __init__(self, text: str, voice: str, manner: Manner, voices: VoiceTable) -> None:
        self._voices = voices
        self._usual = manner
        self._complete = True
        self._scopes = [_Scope("", voice, manner)]
        self._script = Script()
        self._replaced: Span | None = None  # what an alias stands for, so far
        wrapped = not text.startswith("<?xml")  # a document of its own; a second speak element does no harm
        self._prefix = len(_WRAP[0]) if wrapped else 0
        self._text = f"{_WRAP[0]}{text}{_WRAP[1]}" if wrapped else text
        self._bytes = self._text.encode(errors="replace")
        self._place = (0, 0)  # a byte, and the code point that begins there
        self._parser = expat.ParserCreate("utf-8")
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._say
        self._parser.StartDoctypeDeclHandler = self._doctype

    def read(self) -> Reading:
        try:
            self._parser.Parse(self._bytes, True)
        except expat.ExpatError as error:
            raise self._refusal(expat.ErrorString(error.code), error.lineno, error.offset) from None
        return Reading(self._script.end(), self._complete)

    def _start(self, element: str, attributes: Mapping[str, str]) -> None:
        around = self._scopes[-1]
        if element not in ELEMENTS:
            self._complete = False
            if element not in _READ_THROUGH | _UNSPOKEN:
                raise self._refused_here("element is not known; those known are " + ", ".join(ELEMENTS))
        inner = replace(
            around,
            element=element,
            voice=self._voice_in(element, attributes, around.voice),
            spoken=around.spoken and element not in _UNSPOKEN,
            alias=attributes.get("alias") if element == "sub" else None,
            start=self._offset(),
        )
        try:
            if element == "break" and around.spoken:
                self._script.rest_for(_seconds(attributes))
            elif element in {"prosody", "emphasis"}:
                inner = replace(inner, manner=self._manner_in(element, attributes, around.manner))
            elif element == "say-as":
                inner = replace(inner, spelling=self._spelling(attributes))
        except BadValue as error:
            raise self._refused_here(str(error)) from None
        if inner.alias is not None:
            self._replaced = None
        if element in _RESTS:
            self._script.rest_until(_RESTS[element])
        self._script.end_word()
        self._scopes.append(inner)

    def _end(self, element: str) -> None:
        scope = self._scopes.pop()
        if scope.alias is not None and scope.spoken and not self._in_alias():
            self._script.deliver(scope.voice, scope.manner, scope.spelling)
            self._script.replace(scope.alias, self._replaced or Span(scope.start, self._offset()))
        if element in _RESTS:
            self._script.rest_until(_RESTS[element])
        self._script.end_word()

    def _say(self, data: str) -> None:
        start = self._offset()
        place = start + self._prefix
        verbatim = self._text.startswith(data, place) and not (
            data == "&" and _AMPERSAND.match(self._text, place)
        )
        end = start + len(data) if verbatim else self._text.find(";", place) + 1 - self._prefix
        scope = self._scopes[-1]
        if self._in_alias():
            if not data.isspace():
                self._replaced = Span(start if self._replaced is None else self._replaced.start, end)
        elif scope.spoken:
            self._script.deliver(scope.voice, scope.manner, scope.spelling)
            self._script.say(data, Span(start, max(start, end)))

    def _doctype(self, *_: object) -> None:
        raise self._refused_here("a document type is not allowed")

    def _in_alias(self) -> bool:
        return any(scope.alias is not None for scope in self._scopes)

    def _voice_in(self, element: str, attributes: Mapping[str, str], voice: str) -> str:
        """Return the voice inside an element, of the one around it."""
        if language := attributes.get("xml:lang", ""):
            current = self._voices.find(voice)
            chosen = element in {"voice", "lang"}  # any other element only says what language it is in
            if chosen or current is None or not understands(current, language):
                voice = self._or_else(best_voice(self._voices.voices, language, voice), voice)
        return self._chosen(voice, attributes) if element == "voice" else voice

    def _or_else(self, found: Voice | None, voice: str) -> str:
        """Return the voice that was found, or else the one there is."""
        self._complete = self._complete and found is not None
        return voice if found is None else found.id

    def _manner_in(self, element: str, attributes: Mapping[str, str], around: Manner) -> Manner:
        """Return the delivery inside an element, of the one around it."""
        if element == "emphasis":
            inner = emphasis(attributes.get("level", "moderate"), around)
        else:
            inner = prosody(attributes, around, self._usual)
        self._complete = (
            self._complete
            and inner == inner.held(FASTEST_MARKED)
            and not any(name in attributes for name in UNDONE)
        )
        return inner

    def _chosen(self, voice: str, attributes: Mapping[str, str]) -> str:
        """Return the voice that a voice element asks for by name and gender."""
        if "name" in attributes:
            voice = self._or_else(self._voices.find(attributes["name"]), voice)
        gender = attributes.get("gender", "")
        current = self._voices.find(voice)
        if current is not None and gender and gender != current.gender.value:
            base = voice.partition("+")[0]
            voice = f"{base}+{FEMALE_VARIANT}" if gender == Gender.FEMALE.value else base
            self._complete = self._complete and gender in {Gender.FEMALE.value, Gender.MALE.value}
        return voice

    def _spelling(self, attributes: Mapping[str, str]) -> str:
        kind = attributes.get("interpret-as", "")
        self._complete = self._complete and kind in {*SPELLINGS, *_AS_WRITTEN}
        return kind if kind in SPELLINGS else ""

    def _offset(self) -> int:
        """Return where in the caller's text the parser is, in code points."""
        byte, point = self._place
        now = self._parser.CurrentByteIndex
        self._place = now, point + len(self._bytes[byte:now].decode())
        return max(self._place[1] - self._prefix, 0)

    def _refused_here(self, why: str) -> ParlandoError:
        return self._refusal(why, self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber)

    def _refusal(self, why: str, line: int, column: int) -> ParlandoError:
        column += 1 - (self._prefix if line == 1 else 0)
        return ParlandoError(
            Reason.BAD_MARKUP,
            f"text is not SSML that can be spoken, at line {line}, column {column}: {why}",
            field="text",
        )


def _seconds(attributes: Mapping[str, str]) -> float:
    """Return how long a break lasts."""
    if (time := attributes.get("time")) is not None:
        match = _TIME.fullmatch(time.strip())
        seconds = float(match[1]) / (1000 if match[2] == "ms" else 1) if match else math.inf
        if seconds > LONGEST_BREAK:
            raise BadValue(f"time of <break> is 0s to {LONGEST_BREAK:g}s, or in ms")
        return seconds
    strength = attributes.get("strength", "medium")
    if strength not in _BREAKS:
        raise BadValue("strength of <break> is one of " + ", ".join(_BREAKS))
    return _BREAKS[strength]
