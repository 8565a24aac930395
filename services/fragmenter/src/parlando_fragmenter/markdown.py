"""Markdown as language models write it, read while it is being written.

Marks are dropped as they come and the words between them are kept, so no word waits for the mark that closes
what another has opened. What is held is what may yet be a mark, at most `LONGEST_MARK` code points.
docs/fragmenter.md states what is said of each construct.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator

from parlando_fragmenter import markdown_patterns as patterns
from parlando_fragmenter.gap import Strength
from parlando_fragmenter.markdown_patterns import LONGEST_INDENT, LONGEST_MARK, Form
from parlando_fragmenter.markup import Break, Words

_SENTENCE, _PARAGRAPH = Break(Strength.SENTENCE), Break(Strength.PARAGRAPH)
_ENDING_PARAGRAPHS = {Form.HEADING, Form.RULE, Form.FENCE}
_FLANKING = "*_~#"
# Brackets within brackets that are told apart.
_DEEPEST = 16

_State = Callable[[str, int, bool], int | None]
"""Reads the source from a position on: returns where to go on, or None while it takes more to say."""


class MarkdownReader:
    """A `MarkupReader` of Markdown."""

    def __init__(self) -> None:
        self._held = ""
        self._found: list[Words | Break] = []
        self._state: _State = self._line_start
        self._last = "\n"
        """The last code point that was no mark, which tells an opening mark from an asterisk."""
        self._heading = self._row = False
        self._filled = False
        """The row has words."""
        self._in_item = self._in_list = False
        self._after_blank = True
        self._fence = ""
        self._code = 0
        """Backticks that opened the code span, 0 outside one."""
        self._brackets: list[bool] = []
        """For each open bracket, whether it is a mark."""

    def feed(self, text: str) -> Iterator[Words | Break]:
        """Take more source; yield what becomes known with it."""
        return self._read(self._held + text, final=False)

    def pause(self) -> Iterator[Words | Break]:
        """Decide now what is no more than punctuation; half an address or a tag goes on waiting."""
        decides = self._state == self._inline and patterns.PUNCTUATION.fullmatch(self._held)
        return self._read(self._held, final=True) if decides else iter(())

    def flush(self) -> Iterator[Words | Break]:
        """Decide now what waits for more source."""
        return self._read(self._held, final=True)

    def _read(self, source: str, *, final: bool) -> Iterator[Words | Break]:
        at = 0
        while at < len(source):
            end = self._state(source, at, final)
            if end is None:
                break
            at = end
        self._held = source[at:]
        found, self._found = self._found, []
        return iter(found)

    def _say(self, words: str) -> None:
        if words:
            self._found.append(Words(words, len(words), verbatim=True))
            self._last = words[-1]

    def _drop(self, width: int) -> None:
        if width:
            self._found.append(Words("", width, verbatim=False))

    def _say_for(self, words: str, width: int) -> None:
        self._found.append(Words(words, width, verbatim=False))
        self._last = words[-1:] or self._last

    # Blocks: what a line begins with.

    def _line_start(self, source: str, at: int, final: bool) -> int | None:  # noqa: FBT001  # a state's signature
        indent = patterns.INDENT.match(source, at)
        begin = indent.end() if indent is not None else at
        form: tuple[Form, int] | None = (Form.TEXT, begin)
        if begin - at < LONGEST_INDENT:
            if begin < len(source):
                form = patterns.form_of_line(source, begin, final=final)
            elif not final:
                form = None
        if form is None:
            return None
        kind, end = form
        if kind is Form.BLANK:
            self._blank_line(source[at:end])
        elif kind is Form.TEXT or not self._begins(kind, source[begin:end]):
            self._in_list = self._in_list and (begin > at or not self._after_blank)
            self._after_blank = self._in_item = False
            self._say(source[at:begin])
            self._state = self._inline
            return begin
        else:
            self._begin_block(kind, begin - at, source[begin:end])
        return end

    def _blank_line(self, line: str) -> None:
        self._say(line)
        self._after_blank, self._in_item, self._code = True, False, 0
        self._brackets.clear()

    def _begins(self, form: Form, mark: str) -> bool:
        """Return whether a mark begins what it looks like where it stands."""
        if form is Form.NUMBER:  # a number at the start of a wrapped line is none
            return self._in_list or self._after_blank or mark[:-2] == "1"
        return form is not Form.TASK or self._in_item

    def _begin_block(self, form: Form, indent: int, mark: str) -> None:
        if form is not Form.QUOTE:
            self._found.append(_PARAGRAPH if form in _ENDING_PARAGRAPHS else _SENTENCE)
        self._drop(indent)
        if form is Form.NUMBER:
            self._say(mark)
        else:
            self._drop(len(mark))
            self._last = "\n"
        self._after_blank = False
        if form in {Form.BULLET, Form.NUMBER}:
            self._in_item = self._in_list = True
        elif form is Form.FENCE:
            self._fence = mark[: len(mark) - len(mark.lstrip(mark[0]))]
            self._state = self._fenced
        elif form is Form.DEFINITION:
            self._state = self._skipped_line
        elif form not in {Form.QUOTE, Form.RULE}:
            self._heading, self._row, self._filled = form is Form.HEADING, form is Form.ROW, False
            self._state = self._inline

    def _fenced(self, source: str, at: int, final: bool) -> int | None:  # noqa: FBT001  # a state's signature
        """Drop a line of a code block; the one that closes it is the last."""
        closing = patterns.FENCE_END.match(source, at)
        if closing is not None and closing["fence"].startswith(self._fence):
            self._drop(closing.end() - at)
            self._state = self._line_start
            self._after_blank = True
            return closing.end()
        begun = patterns.FENCE_END_BEGUN.fullmatch(source, at)
        if begun is not None and not final:
            return None
        self._state = self._fenced_line
        return at

    def _fenced_line(self, source: str, at: int, final: bool) -> int | None:  # noqa: ARG002, FBT001  # likewise
        end = self._drop_line(source, at)
        if source[end - 1] == "\n":
            self._state = self._fenced
        return end

    def _skipped_line(self, source: str, at: int, final: bool) -> int | None:  # noqa: ARG002, FBT001  # likewise
        end = self._drop_line(source, at)
        if source[end - 1] == "\n":
            self._state = self._line_start
        return end

    def _drop_line(self, source: str, at: int) -> int:
        end = source.find("\n", at) + 1 or len(source)
        self._drop(end - at)
        return end

    # Inline: words, and marks between them.

    def _inline(self, source: str, at: int, final: bool) -> int | None:  # noqa: FBT001  # a state's signature
        words = patterns.WORDS[self._row, self._code > 0].match(source, at)
        if words is not None:
            self._filled = True
            self._say(words.group())
            return words.end()
        character = source[at]
        if character == "\n":
            self._end_line()
            return at + 1
        if self._code and character != "`":
            self._say(character)
            return at + 1
        return self._mark(source, at, final=final)

    def _end_line(self) -> None:
        self._say("\n")
        if self._heading:
            self._found.append(_PARAGRAPH)
        elif self._row:
            self._found.append(_SENTENCE)
        self._heading = self._row = False
        self._state = self._line_start

    def _mark(self, source: str, at: int, *, final: bool) -> int | None:
        """Read what may be a mark; return where reading goes on, or None while it takes more to say."""
        character = source[at]
        if character in "*_~`#" or (character.isspace() and self._row):
            return self._read_run(source, at, final=final)
        if character == "]":
            return self._close_bracket(source, at, final=final)
        if character == "|" and not self._row:
            self._say(character)
            return at + 1
        match = patterns.MARKS[character].match(source, at)
        if match is None:
            begun = patterns.MARKS_BEGUN[character].fullmatch(source, at)
            if begun is not None and not final and len(source) - at < LONGEST_MARK:
                return None
            self._say_or_open(character)
            return at + 1
        self._take(character, match)
        return match.end()

    def _say_or_open(self, character: str) -> None:
        """Take a character that begins no longer mark."""
        if character != "[":
            if character == "|":
                self._drop(1)
            else:
                self._say(character)
            return
        mark = not self._last.isalnum()
        self._brackets = [*self._brackets[1 - _DEEPEST :], mark]
        if mark:
            self._drop(1)
        else:
            self._say(character)

    def _take(self, character: str, match: re.Match[str]) -> None:
        """Say, or drop, a mark of more than one character."""
        written = match.group()
        if character == "\\":
            self._drop(1)
            self._say(written[1:])
        elif character == "&":
            meant = html.unescape(written)
            if meant == written:
                self._say(written)
            else:
                self._say_for(meant, len(written))
        elif character == "!":  # an image: its bracket opens like a link's
            self._drop(len(written))
            self._brackets.append(True)
        elif character == "<" and written == "<!--":
            self._drop(len(written))
            self._state = self._comment
        elif character == "<" and match["address"]:
            self._drop(1)
            self._say(match["address"])
            self._drop(1)
        elif character == "<" and patterns.SPACING_TAG.match(written):
            self._say_for(" ", len(written))
        elif character == "|":
            self._between_cells(match["spaces"])
        else:
            self._drop(len(written))

    def _between_cells(self, spaces: str) -> None:
        if not self._filled:
            self._drop(1 + len(spaces))
            return
        if self._last in ".!?,;:":
            self._drop(1)
        else:
            self._say_for(",", 1)
        self._say_for(" ", len(spaces))

    def _comment(self, source: str, at: int, final: bool) -> int | None:  # noqa: FBT001  # a state's signature
        end = source.find("-->", at)
        if end >= 0:
            self._drop(end + 3 - at)
            self._state = self._inline
            return end + 3
        kept = 0
        if not final and source.endswith("-"):
            kept = min(2 if source.endswith("--") else 1, len(source) - at)
        if len(source) - kept == at:
            return None
        self._drop(len(source) - kept - at)
        return len(source) - kept

    def _read_run(self, source: str, at: int, *, final: bool) -> int | None:
        """Read a run of one mark, which its neighbours tell from a character that is meant."""
        run = patterns.RUN.match(source, at)
        assert run is not None  # noqa: S101  # it matches each of the characters it is asked for
        mark, end = source[at], run.end()
        if mark == "*" and not self._last.isspace() and not self._last.isalnum():
            self._drop(1)
            return at + 1
        if end == len(source) and not final and end - at < patterns.LONGEST_RUN:
            return None
        after = source[end : end + 1] or "\n"
        if self._is_mark(mark, end - at, after):
            self._drop(end - at)
        else:
            self._say(source[at:end])
        return end

    def _is_mark(self, mark: str, length: int, after: str) -> bool:
        if mark == "`":
            begins_or_ends = self._code in {0, length}
            self._code = length - self._code if begins_or_ends else self._code
            return begins_or_ends
        if mark not in _FLANKING:  # white space before the end of a cell
            return after in "|\n"
        before = self._last
        if before.isspace() and after.isspace():
            return mark == "#" and self._heading
        within = before.isalnum() and after.isalnum()
        return {
            "*": not (within and (length == 1 or after.isdigit())),  # x*y, 2**3
            "_": not within,
            "~": length == len("~~"),
            "#": False,
        }[mark]

    def _close_bracket(self, source: str, at: int, *, final: bool) -> int | None:
        if not self._brackets or not self._brackets[-1]:
            del self._brackets[-1:]
            self._say("]")
            return at + 1
        ahead = source[at : at + LONGEST_MARK]
        link = patterns.LINK_END.match(ahead)
        if link is None and patterns.LINK_END_BEGUN.fullmatch(ahead):
            if len(ahead) == LONGEST_MARK:
                link, self._state = patterns.LINK_END_BEGUN.fullmatch(ahead), self._address
            elif not final:
                return None
        self._brackets.pop()
        width = link.end() if link is not None else 1
        self._drop(width)
        return at + width

    def _address(self, source: str, at: int, final: bool) -> int | None:  # noqa: ARG002, FBT001  # likewise
        """Drop the rest of an address longer than any mark, such as that of an image within the text."""
        rest = patterns.ADDRESS_REST.match(source, at)
        end = rest.end() if rest is not None else at
        self._drop(end - at)
        if end < len(source):
            self._state = self._inline
            if source[end] == ")":
                self._drop(1)
                return end + 1
        return end
