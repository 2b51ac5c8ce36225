"""Plain text and Markdown: decode, and nothing else. Line ends stay as they are."""

from __future__ import annotations

from collections.abc import Iterator

from dedup.errors import Damaged, EncodingProblem
from dedup.read.blob import Blob
from dedup.read.encoding import Decoded, decode
from dedup.read.metadata import Known, document
from dedup.read.options import ReadOptions
from dedup.result import Document


def documents(blob: Blob, options: ReadOptions, known: Known) -> Iterator[Document]:
    """Yield the one document of a text file.

    Raises
    ------
    EncodingProblem
        If the bytes are no text.
    Damaged
        If the file or one of its lines is over its bound.
    """
    found = decoded(blob, blob.whole(options), options)
    yield document(
        blob,
        found.text,
        known,
        encoding=found.encoding,
        flags={"replaced": found.replaced} if found.replaced else {},
    )


def decoded(blob: Blob, data: bytes, options: ReadOptions) -> Decoded:
    """Decode the bytes of a text file.

    Raises
    ------
    EncodingProblem
        If the bytes are no text.
    Damaged
        If a line is over its bound.
    """
    if len(data) > options.max_line and (longest := _longest_line(data)) > options.max_line:
        raise Damaged(
            blob.label, f"a line of {longest:,} bytes is over the bound of {options.max_line:,}: is this a report?"
        )
    found = decode(data, options.encoding)
    if found is None:
        raise EncodingProblem(
            blob.label, "its bytes are no text in UTF-8, GB18030, Big5 or UTF-16: name the encoding if it is another"
        )
    return found


def _longest_line(data: bytes) -> int:
    longest = start = 0
    while (end := data.find(b"\n", start)) >= 0:
        longest, start = max(longest, end - start), end + 1
    return max(longest, len(data) - start)
