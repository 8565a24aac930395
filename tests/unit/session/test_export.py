"""The export, held against its documentation."""

import json
import re
from pathlib import Path
from typing import Any

from google.protobuf.json_format import ParseDict

from parlando.session.v1.session_pb2 import Session, Turn
from parlando_session.export import conversation

_PAGE = Path(__file__).parents[3] / "docs" / "protocols" / "conversation-export.md"


def _example() -> dict[str, Any]:
    found = re.search(r"```json\n(.*?)```", _PAGE.read_text(), re.DOTALL)
    assert found is not None
    example: dict[str, Any] = json.loads(found[1])
    return example


def test_the_example_of_the_documentation_is_what_is_exported() -> None:
    example = _example()
    session = ParseDict(example["session"], Session())
    turns = [ParseDict(turn, Turn()) for turn in example["turns"]]
    assert json.loads(conversation(session, turns, 1_800_000_002)) == example


def test_text_is_exported_as_it_is() -> None:
    text = 'Caf\u00e9 \U0001f600 "quoted" \u2028 \x00'
    document = conversation(Session(), [Turn(text=text)], 0)
    assert "Caf\u00e9 \U0001f600".encode() in document
    assert json.loads(document)["turns"][0]["text"] == text
