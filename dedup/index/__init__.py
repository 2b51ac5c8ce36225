"""The standing archive on disk: one SQLite file that grows, shrinks, merges, and refuses to answer wrongly.

`file` opens it, holds its header, and turns SQLite's errors into sentences; `rows` keeps documents and paragraphs;
`segments` keeps what finds them again (anchors and bands); `check` proves that all of it agrees. What is stored is
decided above, in `dedup.archive`: these rooms know bytes and transactions, and nothing of matching.

docs/index.md describes the file.
"""
