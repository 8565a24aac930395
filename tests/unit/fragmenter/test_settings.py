import pytest

from parlando_fragmenter.settings import FragmenterSettings


def test_the_port_is_the_suites_and_can_be_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    assert FragmenterSettings().port == 50052
    monkeypatch.setenv("FRAGMENTER_PORT", "1234")
    assert FragmenterSettings().port == 1234
