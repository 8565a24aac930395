"""Channels to other services: one per address, with the options every channel of ours has."""

from __future__ import annotations

import grpc

# Retries live in one place, the router. Probing the bandwidth would let megabytes of audio pile up in
# front of a reader that stopped. A peer that is cut off is noticed within about 25 s.
_OPTIONS: tuple[tuple[str, int], ...] = (
    ("grpc.enable_retries", 0),
    ("grpc.http2.bdp_probe", 0),
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 5_000),  # in spite of its name: how long one attempt may take
    ("grpc.max_reconnect_backoff_ms", 1_000),
    ("grpc.max_receive_message_length", 16 * 1024 * 1024),
)


def open_channel(address: str) -> grpc.aio.Channel:
    """Return a channel to `host:port` or any gRPC target. It connects when it is first used."""
    return grpc.aio.insecure_channel(address, options=_OPTIONS)
