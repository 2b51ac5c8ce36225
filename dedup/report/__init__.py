"""Faces of a result: terminal, JSON, CSV, HTML."""
