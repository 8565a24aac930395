"""Channels to other services: one per address, with the options every channel of ours has."""

from __future__ import annotations

import json
from collections.abc import Collection

import grpc

from parlando_kit.health import ACCEPTING

# Channels to one address retry nothing: their users decide who is asked instead. Probing the bandwidth would
# let megabytes of audio pile up in front of a reader that stopped. A peer that is cut off is noticed within
# about 25 s.
_OPTIONS: tuple[tuple[str, int], ...] = (
    ("grpc.enable_retries", 0),
    ("grpc.http2.bdp_probe", 0),
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.http2.ping_timeout_ms", 5_000),  # or it waits a minute for the answer to that ping
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 5_000),  # in spite of its name: how long one attempt may take
    ("grpc.max_reconnect_backoff_ms", 1_000),
    ("grpc.max_receive_message_length", 16 * 1024 * 1024),
)


def open_channel(address: str) -> grpc.aio.Channel:
    """Return a channel to `host:port` or any gRPC target. It connects when it is first used."""
    return grpc.aio.insecure_channel(address, options=_OPTIONS)


STATUSES = ("UNAVAILABLE", "CANCELLED")
"""Of calls that are made again. CANCELLED is what a server says to a call that comes while it closes."""

_RETRY = {
    "maxAttempts": 4,
    "initialBackoff": "0.01s",
    "maxBackoff": "0.1s",
    "backoffMultiplier": 2,
    "retryableStatusCodes": STATUSES,
}
_FRESH_NAMES = ("grpc.dns_min_time_between_resolutions_ms", 1_000)


def open_channel_to_replicas(addresses: str, again: Collection[str]) -> grpc.aio.Channel:
    """Return a channel to the replicas of one service, which share its calls.

    Args:
        addresses: numeric, `host:port`, separated by commas; or one gRPC target, such as `dns:///name:port`,
            for all the addresses of a name.
        again: methods, `package.Service/Method`, whose calls are made again to another replica when they are
            refused, or lost before anything of their answer has come. See `retries`.
    """
    target = f"ipv4:{addresses}" if "," in addresses else addresses
    options = {**dict(_OPTIONS), "grpc.enable_retries": 1, "grpc.service_config": _replicas(again)}
    return grpc.aio.insecure_channel(target, options=(*options.items(), _FRESH_NAMES))


def _replicas(again: Collection[str]) -> str:
    """Return a service config: each call goes to the next replica that takes calls."""
    names = [dict(zip(("service", "method"), each.split("/"), strict=True)) for each in again]
    return json.dumps(
        {
            "loadBalancingConfig": [{"round_robin": {}}],
            "healthCheckConfig": {"serviceName": ACCEPTING},
            "methodConfig": [{"name": names, "retryPolicy": _RETRY}],
        }
    )
