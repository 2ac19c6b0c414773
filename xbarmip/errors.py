"""What the package refuses, and how: every error is one line that helps."""


class XbarmipError(Exception):
    """Base of every error that the package raises on purpose."""


class InputError(XbarmipError):
    """Input that cannot be used; the message names the thing, its value and the rule."""


class UnsupportedError(XbarmipError):
    """A solver was asked for something that it cannot honour; the message names both."""


class VerificationError(XbarmipError):
    """An answer did not survive exact re-evaluation."""
