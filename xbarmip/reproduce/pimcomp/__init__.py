"""PIMCOMP-NN's allocations and others, as its simulator runs them, beside what is counted here."""
