"""A line of memory on its way before it is looked at. Callers: the kernels that look all over the corpus.

Apart from them, unlike what kernels share otherwise: it changes no result, so that a stale copy in numba's cache does
no harm.
"""

from __future__ import annotations

import numba
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

LINE = 16
"""Code points in a line of the cache."""


AHEAD = 8
"""Pairs of ranges that are looked at before one that is asked for."""

_LINES = 8  # of a range at most: those behind them the machine asks for itself, once it sees a row


if vars(numba.config)["DISABLE_JIT"]:

    def prefetch(codes, at):
        """Do nothing: uncompiled, a request takes longer than a look."""

else:

    @intrinsic
    def prefetch(_, codes, at):
        """Ask for the line that holds a place of an array, and go on without it.

        A look that misses the caches takes as long as comparing a hundred characters, and what stands behind it soon
        waits too; of requests a dozen are under way at a time. Nothing is read: the place may lie outside the array.
        """

        def built(context, builder, signature, found):
            byte, number = ir.IntType(8).as_pointer(), ir.IntType(32)
            kind = ir.FunctionType(ir.VoidType(), [byte, number, number, number])
            request = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
            place = builder.gep(context.make_array(codes)(context, builder, found[0]).data, [found[1]])
            to_read, for_all_caches, of_data = (ir.Constant(number, n) for n in (0, 3, 1))
            builder.call(request, [builder.bitcast(place, byte), to_read, for_all_caches, of_data])
            return context.get_dummy_value()

        return types.void(codes, types.int64), built


@numba.njit(cache=True, inline="always")
def prefetch_pair(column, left_start, left_end, right_start, right_end, row):
    """Ask for what a column has in the two ranges of a row."""
    for at in range(left_start[row], min(left_end[row], left_start[row] + _LINES * LINE), LINE):
        prefetch(column, at)
    for at in range(right_start[row], min(right_end[row], right_start[row] + _LINES * LINE), LINE):
        prefetch(column, at)
