"""How long a system takes, as its callers see it; behind `parlando bench latency`."""
