"""The sections of the page: Markdown and pictures from computed rows, nothing else."""
