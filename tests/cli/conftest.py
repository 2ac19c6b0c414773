"""What the tests of commands share."""

import pytest

from xbarmip.cli.main import main


@pytest.fixture
def run(capsys):
    """Runs a command that is to end with a status; its output, or what it says of its refusal."""

    def call(*arguments, status=0):
        found = main(list(arguments))
        out, err = capsys.readouterr()
        assert found == status, err
        return out if status == 0 else err

    return call
