"""What every test begins with."""

import pytest

from xbarmip.measures import registry


@pytest.fixture(autouse=True)
def _measures_that_ship(monkeypatch):
    """Measures that a test registers are gone after it."""
    monkeypatch.setattr(registry, "_MEASURES", dict(registry._MEASURES))
