"""Paths to documents: every way a report reaches us."""
