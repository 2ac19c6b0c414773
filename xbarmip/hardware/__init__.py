"""Hardware: crossbars and how weights fill them, and the presets of published architectures."""
