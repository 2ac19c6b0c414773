"""A layer and an edge of a network (SPEC §2)."""

from dataclasses import dataclass, field

from xbarmip.errors import InputError
from xbarmip.exact import as_int
from xbarmip.limits import LARGEST_CHANNELS, LARGEST_EXTENT
from xbarmip.network.window import Operator, Whole, Window


@dataclass(frozen=True, slots=True)
class Layer:
    """A convolution or fully connected layer, with the pooling that is fused behind it.

    Attributes
    ----------
    name : str
        Unique in its network.
    in_channels, out_channels : int
        Ci and Co; for a fully connected layer the numbers of its inputs and outputs.
    height, width : int
        Ho and Wo, the size of the *convolution's* output, before `pool`; 1 for fully connected.
    window : Window or Whole
        The convolution's own window; `Whole` makes the layer fully connected.
    groups : int
        Number of channel groups; in_channels for a depthwise convolution.
    pool : Window or Whole, optional
        The pooling fused behind the convolution: every consumer reads its result.
    node, weight : str
        What the file that the layer comes from calls its node and its weights; empty where it has
        no names. Layers that differ in nothing else are equal.
    """

    name: str
    in_channels: int
    out_channels: int
    height: int
    width: int
    window: Window | Whole
    groups: int = 1
    pool: Window | Whole | None = None
    node: str = field(default="", compare=False, repr=False)
    weight: str = field(default="", compare=False, repr=False)

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name:
            raise InputError(f"layer name must be a non-empty string, got {self.name!r}")
        for name in ("in_channels", "out_channels", "groups"):
            as_int(getattr(self, name), f"layer {self.name!r}: {name}", 1, LARGEST_CHANNELS)
        for name in ("height", "width"):
            as_int(getattr(self, name), f"layer {self.name!r}: {name}", 1, LARGEST_EXTENT)
        if self.fully_connected and (self.height, self.width) != (1, 1):
            raise InputError(
                f"layer {self.name!r}: a fully connected layer has height and width 1, "
                f"got {self.height} x {self.width}"
            )
        for name in ("in_channels", "out_channels"):
            if getattr(self, name) % self.groups:
                raise InputError(
                    f"layer {self.name!r}: {name} must be a multiple of groups ({self.groups}), "
                    f"got {getattr(self, name)}"
                )

    @property
    def fully_connected(self) -> bool:
        """Whether the layer reads its whole input at once."""
        return isinstance(self.window, Whole)

    @property
    def outputs(self) -> int:
        """N_l = Wo * Ho, the output positions in raster order."""
        return self.height * self.width

    @property
    def kernel(self) -> tuple[int, int]:
        """Kernel height and width; (1, 1) for a fully connected layer."""
        return (1, 1) if isinstance(self.window, Whole) else self.window.kernel


@dataclass(frozen=True, slots=True)
class Edge:
    """Data flow from a producer to a consumer.

    Attributes
    ----------
    producer, consumer : str
        Layer names.
    through : tuple of Window, Whole, Broadcast, Reach or Raster
        The operators passed on the way, first the one next to the producer (behind its fused
        pooling): poolings that could not be fused, for instance behind a join.
    """

    producer: str
    consumer: str
    through: tuple[Operator, ...] = ()
