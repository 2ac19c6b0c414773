"""`python -m xbarmip` is the command line."""

from xbarmip.cli.main import main

if __name__ == "__main__":
    raise SystemExit(main())
