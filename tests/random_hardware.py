"""Random hardware: few and many memory levels, tiles of all sizes, slow and fast memory."""

from fractions import Fraction

from xbarmip.errors import InputError
from xbarmip.hardware.movement import GeneralRule, SeparableRule, register_rule, rule_named
from xbarmip.hardware.preset import Hardware, MemoryLevel

SHIPPED = ("isaac-intra-tile", "isaac-inter-tile", "shared-buffer", "shared-buffer-reuse")


def once(rule):
    """Register a rule of the tests; a second import finds it there."""
    try:
        return rule_named(rule.name)
    except InputError:
        return register_rule(rule)


# Producers whose share changes with R, so that no proportions are kept.
UNEVEN = once(
    SeparableRule(
        "test-uneven",
        "the wider the producer, the more often",
        "a test",
        own=lambda site, r: 0,
        per_copy=lambda site, r, producer: (
            site.value_bytes * (r if producer.out_channels % 2 else 7 - min(r, 6))
        ),
    )
)
# Not separable: the largest of what the producers make, and falling in the layer's own R.
LARGEST = once(
    GeneralRule(
        "test-largest",
        "what the busiest producer makes, divided among the copies",
        "a test",
        amount=lambda site, r, copies: (
            site.value_bytes * (max([4, *copies]) * site.layer.in_channels // r)
        ),
    )
)
OWN = (UNEVEN.name, LARGEST.name)


def random_hardware(random, crossbar, rules=SHIPPED):
    """Hardware with a step time, in which now memory binds and now computation."""
    scale = random.choice([1, 1, 10, 100])
    levels = tuple(
        MemoryLevel(
            f"level {number}",
            Fraction(random.randint(1, 60), random.choice([1, 3, 7, 10])),
            random.choice(rules),
        )
        for number in range(random.randint(1, 3))
    )
    return Hardware(
        "random",
        "a test",
        crossbar,
        crossbars_per_tile=random.randint(1, 6),
        input_bits=random.choice([3, 8, 16]),
        compute_ns=Fraction(10**9 * random.randint(1, 30), scale),
        memory=levels,
    )
