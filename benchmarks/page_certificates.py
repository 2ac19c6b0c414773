"""Every certificate of the pages in results/, checked by the checker alone.

Run from anywhere: python benchmarks/page_certificates.py. Writes results/certificates/pages.md and
pages.json. The status is 1 if one is refused.
"""

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from bench import ROOT, Report, options

from xbarmip.certificate import check
from xbarmip.reproduce.sources import SOURCES

COLUMNS = ("page", "certificates", "accepted", "refused", "bytes", "seconds", "longest")


def main(argv: Sequence[str] | None = None) -> int:
    """Check all, page by page."""
    parser = options("Certificates of the pages in results/.", 60.0)
    parser.set_defaults(output=ROOT / "results" / "certificates")
    arguments = parser.parse_args(argv)
    report = Report("pages", "Certificates of the pages", COLUMNS, arguments)
    for source in SOURCES.values():
        folder = ROOT / "results" / source.folder
        paths = [folder / name for name in json.loads((folder / "certificates.json").read_text())]
        report.add(_checked(source.folder, paths[:1] if arguments.smoke else paths))
    report.write()
    return int(any(row["refused"] for row in report.rows))


def _checked(page: str, paths: Sequence[Path]) -> dict[str, object]:
    accepted, times = 0, [0.0]
    for path in paths:
        begin = time.process_time()
        status, message, _ = check.examine(str(path))
        times.append(time.process_time() - begin)
        accepted += status == check.ACCEPTED
        if status != check.ACCEPTED:
            print(f"{path}: {message}", file=sys.stderr)
    return {
        "page": page,
        "certificates": len(paths),
        "accepted": accepted,
        "refused": len(paths) - accepted,
        "bytes": sum(path.stat().st_size for path in paths),
        "seconds": sum(times),
        "longest": max(times),
    }


if __name__ == "__main__":
    sys.exit(main())
