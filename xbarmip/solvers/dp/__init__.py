"""The exact dynamic program: label setting over a frontier of staircases (SPEC §7)."""
