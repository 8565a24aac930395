"""What tests of a server and its callers share."""

from functools import partial
from typing import get_args

import pytest

from tests.component.kit import echo


@pytest.fixture(params=get_args(echo.Transport))
def serving(request: pytest.FixtureRequest) -> echo.Serving:
    """Serve, and be called by a socket or within the process: a test that takes this runs on both."""
    return partial(echo.serving, transport=request.param)
