"""The table of emotions in the documentation is the engines' own."""

import ast
import re
from pathlib import Path

from parlando_elevenlabs.emotions import AT_FULL, Expression
from parlando_espeak.emotions import felt
from parlando_espeak.manner import Manner
from parlando_openai.emotions import SENTENCES
from parlando_synth.feelings import EMOTIONS

_ROOT = Path(__file__).parents[2]
_PAGE = (_ROOT / "docs/emotion.md").read_text()
_CHATTERBOX = _ROOT / "services/synth/engines/chatterbox/src/parlando_chatterbox/manner.py"


def _number(cell: str, absent: float) -> float:
    found = re.search(r"[+-]?[\d.]+", cell)
    return float(found[0]) if found else absent


def _chatterbox() -> dict[str, float]:
    """Return exaggerations by name; its package is not in this environment."""
    values: dict[str, float] = {}
    for node in ast.parse(_CHATTERBOX.read_text()).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "USUAL_EXAGGERATION":
            usual = ast.literal_eval(node.value)
        if (
            isinstance(node, ast.AnnAssign)
            and isinstance(node.target, ast.Name)
            and node.target.id == "EMOTIONS"
        ):
            assert isinstance(node.value, ast.Dict)
            for name, value in zip(node.value.keys, node.value.values, strict=True):
                assert isinstance(name, ast.Constant)
                values[str(name.value)] = usual if isinstance(value, ast.Name) else ast.literal_eval(value)
    return values


def test_the_page_states_what_engines_do() -> None:
    exaggerations = _chatterbox()
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in _PAGE.splitlines()
        if line.split("|")[1:2] and line.split("|")[1].strip() in EMOTIONS
    ]
    assert [row[0] for row in rows] == list(EMOTIONS) == list(exaggerations)
    assert list(AT_FULL) == list(SENTENCES) == list(EMOTIONS)
    for name, speed, pitch, spread, loudness, exaggeration, stability, style in rows:
        stated = Manner(_number(speed, 1), _number(pitch, 0), _number(loudness, 0), _number(spread, 1))
        assert felt(Manner(), name, 1.0) == stated, name
        assert float(exaggeration) == exaggerations[name], name
        assert Expression(float(stability), float(style)) == AT_FULL[name], name
    assert all(name in _PAGE.split("known:")[1].split(".")[0] for name in EMOTIONS)
