"""Certificates: proofs of an answer that anybody can check (SPEC §10)."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
