"""One corpus of tiny problems that every exact solver has to answer like brute force."""
