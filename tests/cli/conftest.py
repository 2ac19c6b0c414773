"""What the tests of commands share."""

from functools import cache

import pytest

from xbarmip.cli.main import main
from xbarmip.compare.suite import read_suite

read_once = cache(read_suite)


@pytest.fixture(autouse=True)
def _suites_are_read_once(monkeypatch):
    """`suites` reads, and draws, all that ship."""
    monkeypatch.setattr("xbarmip.cli.suites.read_suite", read_once)


@pytest.fixture
def run(capsys):
    """Runs a command that is to end with a status; its output, or what it says of its refusal."""

    def call(*arguments, status=0):
        found = main(list(arguments))
        out, err = capsys.readouterr()
        assert found == status, err
        return out if status == 0 else err

    return call
