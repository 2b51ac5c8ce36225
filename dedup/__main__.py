"""``python -m dedup``."""

from dedup.cli.main import run

run()
