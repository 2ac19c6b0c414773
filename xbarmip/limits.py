"""How large an input may be (docs/network-format.md, "Limits").

Far beyond any real network, yet small enough that no file takes the machine: every limit is checked
before memory is taken for what it bounds.
"""

MOST_BYTES = 2**26
"""Of a text file: networks, hardware, suites, known values."""

MOST_BYTES_ONNX = 2**31
"""Of an ONNX file, as in ONNX itself."""

MOST_MEMORY_ONNX = 2**32
"""Bytes that reading an ONNX file may take, besides four times its size."""

LARGEST_EXTENT = 2**20
"""Positions along one axis of a map, and any number of a window."""

LARGEST_CHANNELS = 10**50
"""Channels of a layer; exact all the way, but printed as decimals."""

MOST_LAYERS = 2**12
"""Of a network."""

MOST_EDGES = 2**16
"""Of a network."""

MOST_OUTPUTS = 2**26
"""Of all layers of a network together: a simulation at R = 1 takes an integer for each."""

MOST_POSITIONS = 2**24
"""Rows and columns of all edges' consumers together: need maps take an integer for each."""

MOST_PASSED = 128
"""Operators that one edge passes."""

MOST_STREAMED = 2**13
"""Producers, as often as they occur, in the tree of joins and concatenations that a layer reads."""

DEEPEST_STREAM = 64
"""Joins and concatenations inside of each other in such a tree."""

MOST_WAYS = 32
"""Ways from one layer to one tensor of an ONNX file of which none covers another; if there are
more, they become one that is listed position by position. Those that start with different fusable
poolings are counted apart."""

MOST_NODES = 2**17
"""Nodes of an ONNX file, its local functions unfolded."""

MOST_ROUNDS = 64
"""Times that a choice (`If`) of an ONNX file that was made makes others known."""

MOST_CONSTANT = 2**26
"""Entries of a constant from which an ONNX file has another one computed."""

MOST_CHOICES = 2**23
"""Values of R in all layers together, up to what the budget leaves, where ready constraints or step
times are worked out for each."""

MOST_INSTANCES = 2**14
"""Of a suite."""

MOST_DRAWN = 2**18
"""Layers that a family of a suite draws, over all its instances."""
