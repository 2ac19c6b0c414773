"""`xbarmip check`: whether certificates prove what they claim."""

from argparse import Namespace, _SubParsersAction

from xbarmip.certificate import check
from xbarmip.cli.output import print_json
from xbarmip.cli.parser import Parser, add_command
from xbarmip.cores import check as placements
from xbarmip.errors import InputError

ACCEPTED, REFUSED = 0, 1


def add(commands: "_SubParsersAction[Parser]") -> None:
    """Add the command to the parser."""
    text = "check certificates: is it proven that nothing is better?"
    parser = add_command(commands, "check", text, run)
    parser.add_argument("files", nargs="+", metavar="FILE", help="a certificate")


def run(arguments: Namespace) -> int:
    """Check each file; print what it proves, or why it is refused."""
    found = [(path, *_checked(path)) for path in arguments.files]
    if arguments.json:
        print_json([dict(zip(("file", "accepted", "message"), one, strict=True)) for one in found])
    else:
        for path, accepted, message in found:
            print(f"{path}: {'accepted' if accepted else 'REFUSED'}: {message}")
    return ACCEPTED if all(accepted for _, accepted, _ in found) else REFUSED


def _checked(path: str) -> tuple[bool, str]:
    try:
        return True, (placements if placements.is_placement(path) else check).check(path)
    except (check.Refused, placements.Refused) as reason:
        return False, str(reason)
    except OSError as error:
        raise InputError(
            f"certificate {path!r}: cannot be read ({error.strerror or error})"
        ) from None
