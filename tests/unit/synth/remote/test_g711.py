"""G.711 is expanded as FFmpeg expands it."""

from __future__ import annotations

import av
import numpy as np
import pytest

from parlando_synth.remote.g711 import from_a_law, from_mu_law


@pytest.mark.parametrize(("codec", "expand"), [("pcm_mulaw", from_mu_law), ("pcm_alaw", from_a_law)])
def test_every_byte_is_expanded_as_by_ffmpeg(codec: str, expand: object) -> None:
    context = av.CodecContext.create(codec, "r")
    assert isinstance(context, av.AudioCodecContext)
    context.sample_rate, context.layout = 8_000, "mono"
    data = bytes(range(256))
    frames = context.decode(av.Packet(data)) + context.decode(None)
    expected = np.concatenate([frame.to_ndarray()[0] for frame in frames])
    assert callable(expand)
    assert np.frombuffer(expand(data), "<i2").tolist() == expected.tolist()
