from __future__ import annotations

from parlando_edge.health import describe_engines
from parlando_edge.ports import Engine, Worker


def test_each_engine_has_its_own_word() -> None:
    said = describe_engines(
        [
            Engine(
                "espeak",
                primary=True,
                workers=(
                    Worker(serving=False, detail="it does not answer"),
                    Worker(serving=True, state="ready", version="1.52.0", first_chunk=0.0012),
                ),
            ),
            Engine("chatterbox", primary=False, workers=(Worker(serving=False, state="loading", model="t"),)),
            Engine("", primary=False, workers=(Worker(serving=False),)),
        ]
    )
    assert said == {
        "engines": {
            "espeak": {
                "serving": True,
                "primary": True,
                "state": "ready",
                "detail": "",
                "version": "1.52.0",
                "workers": 2,
                "workers_serving": 1,
                "predicted_first_chunk_ms": 1.2,
            },
            "chatterbox": {
                "serving": False,
                "primary": False,
                "state": "loading",
                "detail": "",
                "version": "",
                "workers": 1,
                "workers_serving": 0,
                "model": "t",
            },
        },
        "workers_unreached": 1,
        "chatterbox_model_present": False,
        "kokoro_model_present": False,
    }


def test_a_model_is_present_once_its_engine_is_ready() -> None:
    ready = Worker(serving=True, state="ready", model="kokoro-v1.0")
    assert describe_engines([Engine("kokoro", primary=True, workers=(ready,))])["kokoro_model_present"]


def test_without_engines_kokoro_is_missing() -> None:
    assert describe_engines([]) == {"engines": {}, "workers_unreached": 0, "kokoro_model_present": False}
