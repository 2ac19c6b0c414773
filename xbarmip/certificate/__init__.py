"""Certificates: claims of optimality that anybody can check."""
