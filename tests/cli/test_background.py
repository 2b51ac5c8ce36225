"""``dedup background``: a table counted over public texts, and what is known of it."""

from __future__ import annotations

from pathlib import Path

from dedup.steps import background

TEXTS = (
    "渡口停航的时候，摆渡人把缆绳系在石桩上，再到岸边的棚里补网。",
    "大风停航三日，摆渡人把缆绳系在石桩上，公社派人送来了米和盐。",
    "汛期一到，摆渡人把缆绳系在石桩上，晚上轮流打更，防着水涨。",
)


def public() -> Path:
    folder = Path("public")
    folder.mkdir()
    for number, text in enumerate(TEXTS):
        (folder / f"{number}.txt").write_text(text, encoding="utf-8")
    return folder


def test_a_table_is_counted_written_and_told(run):
    """What is printed is what the table that was written holds; phrases of a list are in it too."""
    Path("phrases.txt").write_text("风里来雨里去\n", encoding="utf-8")
    told = run("background", "build", public(), "-o", "usual.npz", "--least", 3, "--phrases", "phrases.txt")
    assert told.exit_code == 0, told.output
    table = background.load(Path("usual.npz"))
    assert table.documents == 3 and len(table.hashes) == len("摆渡人把缆绳系在石桩上") - 4 + 2
    assert f"3 份文本，{sum(map(len, TEXTS))} 字，五字组 {len(table.hashes)} 个" in told.output
    shown = run("background", "info", "usual.npz")
    assert shown.exit_code == 0 and f"摘要 {table.digest}：usual.npz" in shown.output
    english = run("background", "info", "usual.npz", "--lang", "en")
    assert english.output == f"3 documents, {len(table.hashes)} k-grams, digest {table.digest}: usual.npz\n"


def test_a_table_that_stands_is_replaced_only_by_force(run):
    folder = public()
    Path("usual.npz").write_bytes(b"mine")
    assert run("background", "build", folder, "-o", "usual.npz").exit_code != 0
    assert Path("usual.npz").read_bytes() == b"mine"
    assert run("background", "build", folder, "-o", "usual.npz", "--force").exit_code == 0
    assert background.load(Path("usual.npz")).documents == 3


def test_a_bad_file_is_told_and_remembered_in_the_status(run):
    folder = public()
    (folder / "broken.docx").write_bytes(b"PK\x03\x04 and then nothing")
    told = run("background", "build", folder, "-o", "usual.npz")
    assert told.exit_code == 2 and "broken.docx" in told.output + told.stderr
    assert background.load(Path("usual.npz")).documents == 3
    assert run("background", "build", folder, "-o", "other.npz", "--ignore-unreadable").exit_code == 0
