"""settings.py: a function's environment, checked when it starts."""

import pytest

from seealso import settings
from seealso.settings import SettingsError

NAME = "SEEALSO_SETTING"


@pytest.mark.parametrize("value", [None, ""])
def test_a_setting_is_required(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    monkeypatch.delenv(NAME, raising=False)
    if value is not None:
        monkeypatch.setenv(NAME, value)
    with pytest.raises(SettingsError, match=f"The environment variable {NAME} is required."):
        settings.string(NAME)
    with pytest.raises(SettingsError):
        settings.integer(NAME, 1, 9)
    with pytest.raises(SettingsError):
        settings.choice(NAME, "on", "off")


@pytest.mark.parametrize("value", ["1", "09", "9"])
def test_reads_an_integer_within_bounds(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv(NAME, value)
    assert settings.integer(NAME, 1, 9) == int(value)


@pytest.mark.parametrize("value", ["0", "10", "-1", "+1", "1.0", " 1", "1_0", "x", "٣", "²"])
def test_rejects_another_integer(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv(NAME, value)
    with pytest.raises(SettingsError, match=f"{NAME} must be an integer from 1 to 9"):
        settings.integer(NAME, 1, 9)


def test_reads_one_of_the_choices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, "on")
    assert settings.choice(NAME, "on", "off") == "on"
    monkeypatch.setenv(NAME, "On")
    with pytest.raises(SettingsError, match=f"{NAME} must be one of: on, off"):
        settings.choice(NAME, "on", "off")
