"""Self-contained HTML pages that a browser opens from a file: nothing is loaded from anywhere."""
