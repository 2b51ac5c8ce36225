"""Where the batches of a scan run: in memory, in processes over a work folder, on a cluster.

The steps know nothing of it. What they work on is a `Prepared`: the tables of a batch of documents. Preparing depends
on each document alone, so batches can be prepared anywhere and joined (`prepared`); tables travel as bytes with a
digest (`packing`); the two roads to passages are functions over parts of the tables (`paragraphs`, `places`): a batch
of documents, some bands, one range of anchor hashes, the seeds of some document pairs. However the parts are chosen,
the tables that come of them are the same.
"""
