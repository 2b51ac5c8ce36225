"""Corpora made on purpose, peers side by side, and the accuracy gate. Not part of the installed package."""
