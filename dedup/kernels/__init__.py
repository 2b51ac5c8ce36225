"""Loops over arrays, compiled by numba: the only place that imports it."""
