"""The feeling that a text suggests: what its emoji and emoticons say of how it is meant."""

from __future__ import annotations

import re

_FACES = {
    "angry": "😠😡🤬😤💢",
    "calm": "😌🧘",
    "excited": "🎉🎊🥳🤩🙌",
    "happy": "🙂😊😀😃😄😁☺😆😂🤣😉😍🥰😘😋🤗❤💕💖",
    "sad": "😢😭😞😔🙁☹😟😥😿💔🥺",
    "surprised": "😮😲😯😱🤯",
}
_OF = {face: feeling for feeling, faces in _FACES.items() for face in faces}
_EMOTICON = r"(?<!\S)[:;=][-']?(?:(?P<glad>[)D])|(?P<sorry>\())(?!\S)"
_FOUND = re.compile(f"[{''.join(_OF)}]|{_EMOTICON}")


def suggested(text: str) -> str:
    """Return the name of the feeling that a text suggests; "" where it suggests none, or several."""
    found = {_feeling(match) for match in _FOUND.finditer(text)}
    return found.pop() if len(found) == 1 else ""


def _feeling(match: re.Match[str]) -> str:
    if match["glad"]:
        return "happy"
    return "sad" if match["sorry"] else _OF[match[0]]
