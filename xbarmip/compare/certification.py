"""What became of a claim that was to be certified."""

from dataclasses import dataclass
from enum import StrEnum


class Certified(StrEnum):
    """What became of a claim that was to be certified."""

    YES = "yes"  # the checker accepted a certificate of exactly this claim
    REFUSED = "refused"  # the claim is wrong, or the checker did not accept
    NONE = "none"  # no certificate within the limits, or none can state the problem


@dataclass(frozen=True, slots=True)
class Certification:
    """What `Row.certificate` holds.

    Attributes
    ----------
    certified : Certified
    bytes, labels : int
        Size of the certificate; labels that the checker expands.
    write_seconds, check_seconds : float
    message : str
        Why it was refused, or why there is none.
    """

    certified: Certified
    bytes: int = 0
    labels: int = 0
    write_seconds: float = 0.0
    check_seconds: float = 0.0
    message: str = ""
