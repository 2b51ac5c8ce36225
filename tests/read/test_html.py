"""Web pages: the article as text, the frame around it as furniture, nothing visible lost."""

from __future__ import annotations

import time

import pytest

from dedup.read import read
from dedup.result import Document, Skipped

FIRST = "石盘乡今年春天给二十三户搬迁户分了菜地，每户三分，就在安置点背后，步行五分钟就到。"
SECOND = "菜地由乡农技站统一翻耕，种子由帮扶单位送来，收的菜除了自家吃，多数送到镇上的学校食堂。"
PAGE = f"""<!DOCTYPE html>
<html><head><title>石盘乡搬迁户菜地总结 - 某某文库</title><meta name="PubDate" content="2021-05-06 09:30">
<style>p {{ color: red }}</style><script>var x = "脚本";</script></head>
<body><div class="top"><a href="/">首页</a> | <a href="/a">公文</a> | <a href="/b">总结</a></div>
<h1>石盘乡搬迁户菜地工作总结</h1>
<div id="content"><p>{FIRST[:20]}
{FIRST[20:]}</p><div>{SECOND}<span style="display:none">看不见的字</span></div>
<table><tr><td>组</td><td></td><td>户</td></tr><tr><td>一组</td><td><p>东</p></td><td>12</td></tr></table>
<ul><li><a href="/1">乡镇春耕总结范文</a></li><li><a href="/2">搬迁工作汇报材料</a></li></ul></div>
<aside>相关推荐，看了又看。</aside><footer>版权所有，转载请注明。</footer></body></html>"""


def only(tmp_path, data: str | bytes, name: str = "a.html") -> Document | Skipped:
    path = tmp_path / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    (row,) = read([path])
    return row


def test_article_and_furniture_stand_in_their_order(tmp_path):
    found = only(tmp_path, PAGE)
    assert found.text.split("\n") == [
        "首页 | 公文 | 总结",
        "石盘乡搬迁户菜地工作总结",
        FIRST,
        SECOND,
        "组\t\t户",
        "一组\t东\t12",
        "乡镇春耕总结范文",
        "搬迁工作汇报材料",
        "相关推荐，看了又看。",
        "版权所有，转载请注明。",
        "",
    ]
    assert [found.text[start:end] for start, end in found.furniture] == [
        "首页 | 公文 | 总结\n",
        "乡镇春耕总结范文\n搬迁工作汇报材料\n相关推荐，看了又看。\n版权所有，转载请注明。\n",
    ]
    assert [found.text[start:end] for start, end in found.tables] == ["组\t\t户\n一组\t东\t12\n"]
    assert (found.title, found.date) == ("石盘乡搬迁户菜地工作总结", "2021-05-06")
    assert found.flags == {"hidden": 5}


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16-le", "utf-8-sig"])
@pytest.mark.parametrize("name", ["a.html", "a.txt", "a"])
def test_a_page_is_told_by_its_content_in_any_encoding(tmp_path, encoding, name):
    assert FIRST in only(tmp_path, PAGE.encode(encoding), name).text.split("\n")


def test_line_ends_of_preformatted_text_stay_and_ruby_goes(tmp_path):
    found = only(
        tmp_path, f"<pre>{FIRST}\n  {SECOND}</pre><p>石<ruby>盘<rp>(</rp><rt>pán</rt><rp>)</rp></ruby>乡<br>二行</p>"
    )
    assert found.text == f"{FIRST}\n  {SECOND}\n石盘乡\n二行\n"
    assert found.flags == {"ruby": 1}


def test_a_page_of_text_alone_has_no_furniture(tmp_path):
    found = only(tmp_path, f"<p>{FIRST}</p>\n<p>{SECOND}</p>")
    assert (found.text, found.furniture) == (f"{FIRST}\n{SECOND}\n", ())


def test_hostile_pages_are_one_line(tmp_path):
    deep = only(tmp_path, "<div>" * 5_000 + FIRST)
    assert (deep.kind, "nested" in deep.reason) == ("damaged", True)
    assert "more than 400" in only(tmp_path, "<div>" * 1_000 + FIRST).reason  # parsed, and then too deep to walk
    begun = time.process_time()
    assert only(tmp_path, "<html>" + "<ul><li><div>" * 400_000).kind == "damaged"
    assert time.process_time() - begun < 10  # the parser alone takes hours
    assert only(tmp_path, "<html><script>1</script></html>").kind == "empty"
    assert only(tmp_path, b"<html>" + bytes(range(128, 256)) * 40).kind == "encoding"


def test_a_processing_instruction_in_the_page_is_passed_over(tmp_path):
    """Word writes one into the pages that it saves; once the whole page was refused for it. Found by fuzzing."""
    found = only(
        tmp_path, f'<body><?xml:namespace prefix = o ns = "urn:office" /><p>{FIRST}<?a b?>{SECOND}</p></body>'
    )
    assert found.text == f"{FIRST}{SECOND}\n"


def test_a_table_within_a_table_is_one_range(tmp_path):
    """Ranges of a document are apart and in order. Found by fuzzing."""
    inner = "<table><tr><td>一组</td><td>12</td></tr></table>"
    rows = f"<tr><td>甲</td><td>1</td></tr><tr><td>{inner}</td></tr><tr><td>乙</td><td>2</td></tr>"
    found = only(tmp_path, f"<p>{FIRST}</p><table>{rows}</table><p>{SECOND}</p>{inner}")
    first, second = (found.text[start:end] for start, end in found.tables)
    assert (first.split("\n")[0], first.split("\n")[-2]) == ("甲\t1", "乙\t2")
    assert second == "一组\t12\n"


def test_many_items_and_blocks_in_a_row_are_not_deep(tmp_path):
    """Lists and headings that nobody closed, ten thousand of them, are a page all the same."""
    rows = "".join(f"<li>第{number}户<h3>菜地</h3>" for number in range(3_000))
    assert isinstance(only(tmp_path, f"<body><ul>{rows}</ul><p>{FIRST}</p>" + "<div>一</div>" * 10_000), Document)
