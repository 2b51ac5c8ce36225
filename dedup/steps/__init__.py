"""The algorithm, one verb a module: repair, normalise, segment, shingle, sketch, pair, verify, anchor, align, cluster, label."""
