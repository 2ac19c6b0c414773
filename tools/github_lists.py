"""Lists whose items go on below their first letter, as on GitHub, for Python-Markdown."""

from textwrap import dedent
from typing import Any

from markdown.extensions import Extension
from markdown.treeprocessors import Treeprocessor
from markdown.util import AtomicString


class GitHubLists(Extension):
    """Two spaces carry a list item on, where Python-Markdown wants four.

    Then two make a tab, and indented code keeps two of its four spaces, which are taken off again.
    To be named before all other extensions, for it builds the parser that they add to.
    """

    def extendMarkdown(self, md: Any) -> None:  # noqa: N802
        """Set the tab; dedent code before it is coloured."""
        md.tab_length = 2
        md.build_parser()  # processors have read the tab already
        md.treeprocessors.register(_Dedent(md), "dedent", 100)


class _Dedent(Treeprocessor):
    def run(self, root: Any) -> None:
        for block in root.iter("pre"):
            for code in block.findall("code"):
                code.text = AtomicString(dedent(code.text or ""))


def makeExtension(**options: Any) -> GitHubLists:  # noqa: N802
    """Make the extension, as Python-Markdown asks for it."""
    return GitHubLists(**options)
