"""Options every channel of the client has."""

from __future__ import annotations

DEFAULT_ADDRESS = "127.0.0.1:50051"

# Retries live in the router: a retry here could repeat audio. Probing the bandwidth would let megabytes
# of audio pile up in front of a reader that stopped, and so make every cancel late. A dead peer is
# noticed within about half a minute.
CHANNEL_OPTIONS: tuple[tuple[str, int], ...] = (
    ("grpc.enable_retries", 0),
    ("grpc.http2.bdp_probe", 0),
    ("grpc.max_receive_message_length", 16 * 1024 * 1024),
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.http2.ping_timeout_ms", 5_000),  # or it waits a minute for the answer to that ping
)
