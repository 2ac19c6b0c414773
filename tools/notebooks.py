"""The notebooks in docs/notebooks, run: `python -m tools.notebooks` stores their results in them.

They are committed with results, so that they can be read where nothing runs; a test runs them again
and compares.
"""

import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).parents[1] / "docs" / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
SECONDS = re.compile(r"\b\d+\.\d+ s\b")


def run(path: Path) -> Any:
    """The notebook of a file, run in a folder of its own; an error in a cell is one here."""
    notebook = nbformat.read(path, as_version=4)
    with TemporaryDirectory() as folder:
        NotebookClient(
            notebook, timeout=300, resources={"metadata": {"path": folder}}, record_timing=False
        ).execute()
    notebook.metadata = {"kernelspec": notebook.metadata["kernelspec"]}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [each for each in cell.outputs if each.get("name") != "stderr"]
            for output in cell.outputs:
                data = output.get("data", {})
                if len(data) > 1:
                    del data["text/plain"]  # nobody sees it where there is a table or a picture
    return notebook


def results(notebook: Any) -> list[str]:
    """What each cell shows, seconds and the insides of pictures apart."""
    found = []
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            data = output.get("data", {"text/plain": output.get("text", "")})
            text = data.get("text/html", data.get("text/plain", "picture"))
            found.append(SECONDS.sub("0.0 s", text))
    return found


def main() -> None:
    """Run all and store what they show."""
    for path in NOTEBOOKS:
        nbformat.write(run(path), path)


if __name__ == "__main__":
    main()
