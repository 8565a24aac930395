"""How the marks of Markdown look, and how they look while they may yet become marks."""

from __future__ import annotations

import re
from enum import Enum, auto

LONGEST_MARK = 400
"""Code points that are held at most: the address of a link may be longer, and is dropped as it comes."""
LONGEST_INDENT = 100
LONGEST_RUN = 64

PUNCTUATION = re.compile(r"!|\]|[*_~`]{1,64}")
"""What may be held at the end of a sentence, and is decided when nothing follows for a while."""

INDENT = re.compile(r"[^\S\n]{0,100}")


class Form(Enum):
    """What a line begins with."""

    TEXT = auto()
    BLANK = auto()
    QUOTE = auto()
    HEADING = auto()
    BULLET = auto()
    TASK = auto()
    NUMBER = auto()
    RULE = auto()
    FENCE = auto()
    ROW = auto()
    FOOTNOTE = auto()
    DEFINITION = auto()


_FORMS = {
    Form.BLANK: r"\n",
    Form.QUOTE: ">",
    Form.HEADING: r"\#{1,6}(?:[^\S\n]|(?=\n))",
    Form.BULLET: "[-*+\u2022][^\\S\\n]",
    Form.TASK: r"\[[ xX]\][^\S\n]",
    Form.NUMBER: r"[0-9]{1,9}[.)][^\S\n]",
    Form.RULE: r"(?:-{2,99}|\*{3,99}|_{3,99}|={2,99}|\|(?=[:|\ \t]*-)[-:|\ \t]{1,200})[^\S\n]{0,9}\n",
    Form.FENCE: r"(?:`{3,64}|~{3,64})[^`\n]{0,300}\n",
    Form.FOOTNOTE: r"\[\^[^\]\s]{1,40}\]:",
    Form.DEFINITION: r"\[[^\]\n]{1,80}\]:[^\S\n]",
}
_LINE = re.compile("|".join(f"(?P<{form.name}>{form_pattern})" for form, form_pattern in _FORMS.items()))
_LINE_BEGUN = re.compile(
    r"\#{1,6}|[-*+\u2022]|[0-9]{1,9}[.)]?"
    r"|(?:-{1,99}|\*{1,99}|_{1,99}|={1,99}|\|[-:|\ \t]{0,200})[^\S\n]{0,9}"
    r"|(?:`{1,2}|~{1,2}|(?:`{3,64}|~{3,64})[^`\n]{0,300})"
    r"|\[[^\]\n]{0,80}(?:\]:?)?"
)


def form_of_line(source: str, at: int, *, final: bool) -> tuple[Form, int] | None:
    """Return what the line from `at` on begins with, and where that ends; None while it takes more to say."""
    match = _LINE.match(source, at)
    if match is not None and match.lastgroup is not None:
        return Form[match.lastgroup], match.end()
    if not final and len(source) - at < LONGEST_MARK and _LINE_BEGUN.fullmatch(source, at):
        return None
    return (Form.ROW, at + 1) if source[at] == "|" else (Form.TEXT, at)


FENCE_END = re.compile(r"[^\S\n]{0,20}(?P<fence>`{3,64}|~{3,64})[^\S\n]{0,20}\n")
FENCE_END_BEGUN = re.compile(r"[^\S\n]{0,20}(?:`{0,64}|~{0,64})[^\S\n]{0,20}")

WORDS = {
    (False, False): re.compile(r"[^\\`*_~\[\]!<&\n|#]+"),
    (False, True): re.compile(r"[^`\n]+"),
    (True, False): re.compile(r"[^\\`*_~\[\]!<&\n|#\s]+"),
    (True, True): re.compile(r"[^`\n]+"),
}
"""What holds no mark, by whether it stands in a row of a table and in a code span."""

RUN = re.compile(r"(?P<mark>[*_~`#])(?P=mark){0,63}|[^\S\n]{1,64}")

_NAME = r"[A-Za-z][A-Za-z0-9]{0,15}"
MARKS = {
    "\\": re.compile(r"\\[!-/:-@\[-`{-~]"),
    "&": re.compile(r"&(?:\#[0-9]{1,7}|\#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});"),
    "!": re.compile(r"!\["),
    "[": re.compile(r"\[\^[^\]\s]{1,40}\]"),
    "<": re.compile(
        r"<(?P<address>(?:https?://|mailto:)[^<>\s]{1,300}|[^<>\s@]{1,64}@[^<>\s@]{1,200})>"
        rf"|<!--|</{_NAME}\s?>|<{_NAME}(?:\s[^<>=]{{1,40}}=[^<>]{{0,300}})?\s?/?>"
    ),
    "|": re.compile(r"\|(?P<spaces>[^\S\n]{0,64})(?=[^|\s])"),
}
"""Marks that are told by what follows them, by the character that they begin with."""

MARKS_BEGUN = {
    "\\": re.compile(r"\\"),
    "&": re.compile(r"&(?:\#(?:[xX]?[0-9A-Fa-f]{0,7})|[A-Za-z][A-Za-z0-9]{0,30})?"),
    "!": re.compile("!"),
    "[": re.compile(r"\[(?:\^[^\]\s]{0,40})?"),
    "<": re.compile(
        rf"<(?:[^<>\s]{{0,300}}|!-{{0,2}}|/?{_NAME}\s?/?|{_NAME}\s[^<>=]{{0,40}}(?:=[^<>]{{0,300}})?)"
    ),
    "|": re.compile(r"\|[^\S\n]{0,64}"),
}
"""The same while it has not all come."""

SPACING_TAG = re.compile(r"</?(?:br|p|div|li|ul|ol|tr|td|th|hr|h[1-6])\b", re.IGNORECASE)

_TITLE = r"""(?:"[^"\n]*+"|'[^'\n]*+')"""
# Groups are not possessive: in Python 3.11.2 those whose parts are match too little (gh-106052). What
# follows begins with another character than they do, so that nothing is tried twice.
_ADDRESS = r"(?:<[^<>\n]*+>|[^\s()<][^\s()]*+(?:\([^\s()]*+\)[^\s()]*+)*|)"
LINK_END = re.compile(rf"\]\({_ADDRESS}(?:[^\S\n]++{_TITLE})?[^\S\n]*+\)|\]\[[^\]\n]{{0,80}}\]")
LINK_END_BEGUN = re.compile(
    r"\](?:\((?:<[^<>\n]*+>?+|[^\s()<][^\s()]*+(?:\([^\s()]*+\)[^\s()]*+)*(?:\([^\s()]*+)?|)"
    r"""(?:[^\S\n]++(?:"[^"\n]*+"?+|'[^'\n]*+'?+)?[^\S\n]*+)?|\[[^\]\n]{0,80})?"""
)
ADDRESS_REST = re.compile(r"[^\s)]+")
