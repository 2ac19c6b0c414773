"""Certificates that check themselves in the reader's browser, by `certificate/checker.js`.

That checker was written from the document of the format alone, and shares nothing with the one in
Python. Files are put into a page as they are, in base64; whatever they hold, it is shown as text.
"""

from base64 import b64encode
from collections.abc import Mapping

from xbarmip.pages.page import rendered


def checker_page(certificates: Mapping[str, bytes] | None = None) -> str:
    """A whole page on which certificates are dropped; those that are given are in it.

    Parameters
    ----------
    certificates : mapping from str to bytes, optional
        Files by the name that the page shows.

    Returns
    -------
    str
        HTML, in one file.
    """
    return rendered("checker.html.j2", certificates=_encoded(certificates or {}), linked=False)


def checker_fragment(certificates: Mapping[str, bytes], linked: bool = False) -> str:
    """A part of a page that lists certificates, with a button that checks them; once in a page.

    Parameters
    ----------
    certificates : mapping from str to bytes
        Files by the name that the page shows.
    linked : bool
        Whether the names are paths, from the page, where these files stand, too.

    Returns
    -------
    str
        HTML to put where the list is to stand, script and style included.
    """
    return rendered("certificates.html.j2", certificates=_encoded(certificates), linked=linked)


def _encoded(certificates: Mapping[str, bytes]) -> list[dict[str, str]]:
    return [
        {"name": name, "bytes": b64encode(content).decode("ascii")}
        for name, content in certificates.items()
    ]
