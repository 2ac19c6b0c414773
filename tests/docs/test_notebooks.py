"""The notebooks of docs/ are run, and show what is stored in them, seconds apart."""

import nbformat
import pytest

from tools.notebooks import NOTEBOOKS, results, run

pytestmark = [pytest.mark.long, pytest.mark.around]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_shows_what_is_stored(path):
    stored = nbformat.read(path, as_version=4)
    shown = results(stored)
    assert len(shown) >= 4
    assert results(run(path)) == shown


def test_the_comparison_sees_a_difference():
    def notebook(text):
        output = nbformat.v4.new_output("stream", text=text)
        return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("", outputs=[output])])

    assert results(notebook("44 in 0.01 s")) == results(notebook("44 in 12.34 s"))
    assert results(notebook("44 in 0.01 s")) != results(notebook("45 in 0.01 s"))
