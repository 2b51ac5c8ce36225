"""What the sample corpus is to hold: which report, on which topics, with what planted where. Read by `make`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Plant:
    """A block to put into a report: after which section, drawn with which values, after what was done to it."""

    block: str
    values: str = "a"
    edit: str = ""
    after: int = 0
    operator: str = "verbatim"


@dataclass(frozen=True)
class Report:
    """One report: whose, of what year, on which topics, with which blocks planted, in what shape."""

    town: int
    year: int
    topics: tuple[str, ...]
    plants: tuple[Plant, ...] = ()
    shape: str = ""


def _p(block: str, values: str = "a", edit: str = "", after: int = 0, operator: str = "verbatim") -> Plant:
    return Plant(block, values, edit, after, operator)


# The plan of the corpus. Files are numbered in this order; a list of reports is one collection file (第一篇…).
PLAN: tuple[tuple[Report, ...], ...] = tuple(
    (row,) if isinstance(row, Report) else row
    for row in (
        Report(
            0, 2019, ("党建", "安全"), (_p("study", after=0), _p("study", edit="twolines", after=1, operator="self"))
        ),
        Report(1, 2019, ("防汛", "水利"), (_p("watch"), _p("nearmiss-b", operator="near-miss"))),
        Report(2, 2020, ("防汛", "交通"), (_p("watch"), _p("mutual", after=1))),
        Report(3, 2018, ("环境", "文明"), (_p("market"), _p("notice", after=1))),
        Report(4, 2019, ("环境", "信访"), (_p("market"), _p("seed40", edit="inline", after=1))),
        Report(5, 2020, ("教育", "环境"), (_p("market", edit="halfwidth", after=1, operator="punctuation"),)),
        Report(6, 2017, ("春耕", "产业"), (_p("granary"), _p("nearmiss-a", operator="near-miss"))),
        Report(7, 2018, ("春耕", "文明"), (_p("granary", "b", operator="slots"),)),
        Report(8, 2019, ("交通", "招商"), (_p("bridge"), _p("notice", after=1))),
        Report(9, 2020, ("交通", "水利"), (_p("bridge", edit="strip", operator="numbers-stripped"),)),
        Report(10, 2018, ("卫健", "低保"), (_p("clinic"), _p("heavy", after=1))),
        Report(11, 2021, ("卫健", "教育"), (_p("clinic", edit="mask", operator="masks"),)),
        Report(12, 2019, ("防汛", "护林"), (_p("rehearsal"), _p("law", after=1))),
        Report(
            13, 2020, ("护林", "安全"), (_p("rehearsal", edit="edited", operator="edited"), _p("notice", after=1))
        ),
        Report(14, 2018, ("低保", "信访"), (_p("ledger"), _p("dorm", after=1))),
        Report(15, 2019, ("低保", "党建"), (_p("ledger", edit="dropped", operator="dropped"),)),
        Report(16, 2019, ("教育", "招商"), (_p("drill"), _p("notice", after=1))),
        Report(17, 2020, ("教育", "文明"), (_p("drill", operator="traditional"),), "traditional"),
        Report(18, 2020, ("产业", "春耕"), (_p("tea", operator="pinyin"),), "pinyin"),
        Report(19, 2018, ("产业", "护林"), (_p("tea"), _p("law", after=1))),
        Report(20, 2019, ("低保", "卫健"), (_p("elder"), _p("survey", operator="near-miss", after=1))),
        Report(
            21,
            2020,
            ("卫健", "人大"),
            (_p("elder", operator="wraps"), _p("notice", operator="wraps", after=1)),
            "wrap",
        ),
        (
            Report(22, 2021, ("水利",), (_p("fishery"),)),
            Report(23, 2021, ("产业",), (_p("fishery", operator="collection"),)),
            Report(24, 2021, ("人大",), (_p("archive", operator="collection"),)),
        ),
        Report(25, 2020, ("人大", "信访"), (_p("archive"), _p("wells", after=1))),
        Report(26, 2020, ("招商", "党建"), (_p("network"), _p("ration", after=1)), "site"),
        Report(27, 2021, ("信访", "交通"), (_p("network", edit="shuffled", operator="shuffled"),), "site"),
        Report(28, 2021, ("文明", "环境"), (_p("cable"), _p("law", after=1)), "site"),
        Report(29, 2020, ("春耕",), (_p("form", "a", operator="template"),)),
        Report(30, 2020, ("水利",), (_p("form", "b", operator="template"), _p("notice", after=0))),
        Report(31, 2021, ("文明",), (_p("form", "c", operator="template"),)),
        Report(32, 2019, ("招商", "产业"), (_p("loan"), _p("orchard", after=1))),
        Report(
            32,
            2020,
            ("人大", "招商"),
            (_p("loan", "b", operator="next-year"), _p("orchard", operator="next-year", after=1)),
        ),
        Report(
            33,
            2021,
            ("党建", "安全"),
            (
                _p("dorm", operator="mosaic"),
                _p("ration", operator="mosaic", after=1),
                _p("cable", operator="mosaic", after=1),
            ),
        ),
        Report(34, 2020, ("信访", "低保"), (_p("seed40", edit="inline", operator="short"),)),
        Report(35, 2021, ("安全", "卫健"), (_p("survey-other", "b", operator="near-miss"), _p("notice", after=1))),
        Report(36, 2020, ("交通", "教育"), (_p("mutual", edit="synonyms", operator="synonyms"),)),
        Report(37, 2021, ("护林", "水利"), (_p("heavy"),), "gb18030"),
        Report(38, 2021, ("人大", "春耕")),
        Report(39, 2018, ("安全", "护林")),
    )
)

# Records of reports/notices.jsonl: topic of an own sentence, then a block, then another own sentence.
RECORDS: tuple[tuple[str, str, str], ...] = (
    ("党建", "wells", "环境"),
    ("防汛", "square", "卫健"),
    ("安全", "square", "低保"),
    ("防汛", "", "信访"),
)

SYNONYMS = (
    ("隔成", "分作"), ("照看", "照顾"), ("记一个工时", "登记一个工时"), ("贴补", "补助"), ("轮流", "轮着"),
    ("起初", "刚开始"), ("被笑话", "让人笑话"), ("排队报名", "主动报名"), ("腾空的", "已经腾空的那所"),
)  # fmt: skip

SITE_TITLES = (
    "乡镇上半年信访工作小结", "社区文化活动方案三篇", "村支书述职材料", "秋季护林动员会讲话稿", "水利站长年终自查",
    "食堂承包合同样本", "入职一年心得", "驻村第一书记日记选", "校园安全月活动安排", "青年联谊会主持词",
    "老干部座谈会发言", "计生专干考核自评",
)  # fmt: skip
