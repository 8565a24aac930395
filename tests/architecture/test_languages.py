"""The table of languages in the documentation is the engines' own, and its policy is one."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from google.protobuf import json_format

from parlando.session.v1 import session_pb2
from parlando_session.policy_checks import check_policy

_ROOT = Path(__file__).parents[2]
_PAGE = (_ROOT / "docs/languages.md").read_text()
_KOKORO = _ROOT / "services/synth/engines/kokoro/src/parlando_kokoro/voices.py"


def test_kokoros_languages_are_its_own() -> None:
    (told,) = re.findall(r"^\| Kokoro \| (.+) \|$", _PAGE, re.MULTILINE)
    (known,) = (
        ast.literal_eval(node.value)
        for node in ast.parse(_KOKORO.read_text()).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "_LANGUAGES"
    )
    assert sorted(told.split(", ")) == sorted(tag for tag, _ in known.values())


def test_the_policy_is_one() -> None:
    (example,) = re.findall(r"^```json\n(.+?)^```", _PAGE, re.DOTALL | re.MULTILINE)
    request = json_format.Parse(example, session_pb2.SetPolicyRequest())
    check_policy(request.policy, {"chatterbox", "espeak", "kokoro", "piper"})
    first = {tag: route.engines[0].engine for tag, route in request.policy.languages.items()}
    assert first == {"hi": "chatterbox", "de": "piper"}
    for route in request.policy.languages.values():
        assert [choice.rank for choice in route.engines] == [0, 1]  # one after the other, and none by chance
