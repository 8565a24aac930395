"""Futures that several may give their result."""

from __future__ import annotations

import asyncio
from typing import Any


def settle(future: asyncio.Future[Any], value: object) -> None:
    """Give a future its result, or its exception, unless it is done already."""
    if not future.done():
        if isinstance(value, BaseException):
            future.set_exception(value)
        else:
            future.set_result(value)
