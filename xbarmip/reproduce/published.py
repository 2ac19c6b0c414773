"""The published numbers, from the files that ship with the package."""

from functools import cache
from typing import Any

from xbarmip.data import find_file
from xbarmip.strict import check_format, located, parse_toml, read_text


@cache
def published(name: str) -> dict[str, Any]:
    """What a source printed; its file says what each number is. Decimals are exact.

    Raises
    ------
    InputError
        If the file cannot be read.
    """
    file = find_file("published", name, (".toml",))
    with located(str(file)):
        data = parse_toml(read_text(file))
        check_format(data, "xbarmip-published", 1)
    return data
