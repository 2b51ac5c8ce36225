"""The algorithm, one verb a module, in the order that `dedup.pipeline` calls them."""
