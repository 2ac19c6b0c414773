"""Networks whose weights exceed the chip: segments, run one after another (SPEC §13)."""
