"""Why an input was passed over, in Chinese.

Readers say why in English, once, at the place where they know; that sentence is what the result keeps. Here each has
its counterpart, with the same facts put in. A sentence without one is shown as it is: it may come from another
version, from the system, or from a library, and to leave it out would hide the reason.
"""

from __future__ import annotations

import re
from functools import cache

CHINESE: tuple[tuple[str, str], ...] = (
    ("it is empty", "文件是空的"),
    ("it holds no text", "没有文字"),
    ("it holds no records", "没有记录"),
    ("it is a folder without files", "文件夹里没有文件"),
    ("it is a link to nothing", "链接所指的文件不存在"),
    ("it is no regular file (a device, a pipe or a socket)", "不是普通文件（设备、管道或套接字）"),
    ("it is no possible path ({error})", "路径无效（{error}）"),
    ("it changed while it was read: read it again when it is at rest", "读取时内容有变动，请稍后再读"),
    ("no such file or directory", "没有这个文件或文件夹"),
    ("permission denied", "没有读取权限"),
    ("the same file was read already, under another name", "同一个文件已用别的名称读过"),
    ("the folder was read already, under another name", "同一个文件夹已用别的名称读过"),
    ("a hidden file: give it by name to have it read", "隐藏文件，直接写出文件名才会读取"),
    (
        "fewer than {shingle} characters remain to be compared (punctuation, digits and space do not count)",
        "除标点、数字和空白外不足 {shingle} 字，无法比较",
    ),
    ("it is protected by a password: save it without", "有密码保护，请另存为不带密码的文件"),
    ("it is protected by a password: unpack it first", "有密码保护，请先解压"),
    ("the archive is protected by a password: unpack it first", "压缩包有密码保护，请先解压"),
    ("the archive holds no files", "压缩包里没有文件"),
    ("the archive is broken or cut short ({error})", "压缩包损坏或不完整（{error}）"),
    ("it is packed in a way that is not read ({error})", "压缩方式不支持（{error}）"),
    (
        "it is packed more than {depth} times over: unpack it, or raise max_depth",
        "压缩包套压缩包超过 {depth} 层，请先解压",
    ),
    (
        "it unpacks to more than {bound} (a decompression bomb?): unpack it, or raise max_ratio",
        "解压后超过 {bound}（疑似压缩炸弹），请先解压",
    ),
    ("it unpacks to more than {bound}: unpack it, or raise max_unpacked", "解压后超过 {bound}，请先解压"),
    ("it holds more than {bound} files: unpack it, or raise max_members", "内含超过 {bound} 个文件，请先解压"),
    (
        "its directory is too large for {bound} files: unpack it, or raise max_members",
        "压缩包目录超过 {bound} 个文件的规模，请先解压",
    ),
    ("it holds more than {bound}: split it, or raise max_bytes", "超过 {bound}，请拆分"),
    ("its compressed data is broken or cut short ({error})", "压缩数据损坏或不完整（{error}）"),
    ("it is a tar archive, which is not read: unpack it, or pack it as .zip", "不读取 tar 包，请解压或改为 .zip"),
    (
        "it is {what}, which is not read: save its text as .txt, .docx or .pdf",
        "不读取这种文件（{what}），请把文字另存为 .txt、.docx 或 .pdf",
    ),
    (
        "it is an office file that is not read: save it as .docx, .xlsx or .pdf",
        "不读取这种办公文件，请另存为 .docx、.xlsx 或 .pdf",
    ),
    ("{suffix} is not read: save it as .docx or .xlsx", "不读取 {suffix}，请另存为 .docx 或 .xlsx"),
    ("it is no {suffix} file: broken, or of another format", "不是 {suffix} 文件：损坏，或是别的格式"),
    ("its {found} content could not be read ({error})", "{found} 内容读不出来（{error}）"),
    ("the file is broken or cut short ({error})", "文件损坏或不完整（{error}）"),
    (
        "its sheets span {cells} cells, the bound is {bound}: save the rows that are filled",
        "工作表范围 {cells} 格，上限 {bound}，请只保存有内容的行",
    ),
    ("it has no document part: save it again in the program it came from", "缺少正文部分，请用原来的程序重新保存"),
    ("its part {name} declares entities, which no office program does", "其中 {name} 声明了实体，办公软件不会这样做"),
    ("its part {name} is broken ({error})", "其中 {name} 损坏（{error}）"),
    ("its table stream is missing: save it again in the program it came from", "缺少表流，请用原来的程序重新保存"),
    ("its tables promise more text than there is", "内部表格所记的文字多于实有"),
    ("its tables point outside the file ({error})", "内部表格指向文件之外（{error}）"),
    (
        "this kind of file is read through LibreOffice, which is not here: install it, or save as .docx",
        "这种文件要用 LibreOffice 读取，本机没有：请安装，或另存为 .docx",
    ),
    (
        "LibreOffice could not read it: the file is broken or of another kind",
        "LibreOffice 读不出来：文件损坏，或是别的格式",
    ),
    ("LibreOffice could not read it ({error})", "LibreOffice 读不出来（{error}）"),
    ("its elements are nested too deep ({error})", "标签嵌套过深（{error}）"),
    (
        "its {pages} pages have no text layer (a scan?): run text recognition (OCR) on it first",
        "{pages} 页都没有文字层（可能是扫描件），请先做文字识别（OCR）",
    ),
    ("the PDF is broken or cut short ({error})", "PDF 损坏或不完整（{error}）"),
    ("it has {pages} pages, the bound is {bound}: split it", "有 {pages} 页，上限 {bound}，请拆分"),
    ("page {number} is broken ({error})", "第 {number} 页损坏（{error}）"),
    (
        "it has no column {column} (its columns: {columns}): name the one that holds the text",
        "没有名为 {column} 的列（现有：{columns}），请用 --text-column 指明正文列",
    ),
    (
        "record {number} has {given} under {column}, wanted text (its columns: {columns})",
        "第 {number} 条记录的 {column} 是 {given}，应为文字（现有：{columns}）",
    ),
    (
        "its bytes are no text in UTF-8, GB18030, Big5 or UTF-16: name the encoding if it is another",
        "不是 UTF-8、GB18030、Big5 或 UTF-16 文本，如为别的编码请用 --encoding 指明",
    ),
    ("line {number} is no CSV ({error})", "第 {number} 行不是 CSV（{error}）"),
    ("the workbook is broken ({error})", "工作簿损坏（{error}）"),
    ("the parquet file is broken ({error})", "parquet 文件损坏（{error}）"),
    (
        "none of its first {count} records can be read; the first: {reason}",
        "前 {count} 条记录都读不出来，第一条：{reason}",
    ),
    (
        "a line of {longest} bytes is over the bound of {bound}: is this a report?",
        "有一行长 {longest} 字节，上限 {bound}：这是报告吗？",
    ),
    ("it is broken ({error})", "已损坏（{error}）"),
    ("there is no such file or folder", "没有这个文件或文件夹"),
    ("{reason}; written as .txt in UTF-8", "{reason}，写为 UTF-8 的 .txt"),
    ("{reason}; written as .jsonl", "{reason}，写为 .jsonl"),
    ("text cannot be cut within its format", "不能在原格式中删改"),
    ("text cannot be cut within {suffix}", "不能在 {suffix} 中删改"),
    ("it is no file", "不是文件"),
    ("its data is broken or cut short", "数据损坏或不完整"),
    ("its bytes do not decode to its text in {encoding}", "文件内容按 {encoding} 解码与所读文字不一致"),
    (
        "parts of a text in {encoding} have other bytes than they have in the whole",
        "{encoding} 编码的文本，其中一段的字节与在全文中的不同",
    ),
    ("its bytes are no sound {encoding}", "文件内容不全是 {encoding} 编码"),
    (
        "the text of its document {number} is the value of no key in the lines behind the last",
        "第 {number} 条记录的正文在其后各行中都找不到",
    ),
    ("its texts are in no column that commas, tabs or semicolons part", "逗号、制表符或分号分隔的各列都不是这些正文"),
    ("its texts are in no column of strings", "各列都不是这些正文"),
)
"""The sentences of readers, pipeline and clean, with names for their facts, and the same in Chinese."""


def reason_in(reason: str, lang: str) -> str:
    """Return why an input was passed over, in the language of the report.

    >>> reason_in("it has 6000 pages, the bound is 5000: split it", "zh")
    '有 6000 页，上限 5000，请拆分'
    >>> reason_in("something that no reader says", "zh")
    'something that no reader says'
    """
    if lang != "zh":
        return reason
    for pattern, told in _patterns():
        found = pattern.fullmatch(reason)
        if found:
            facts = found.groupdict()
            if "reason" in facts:  # a reason within a reason
                facts["reason"] = reason_in(facts["reason"], lang)
            return told.format(**facts)
    return reason


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Return the sentences as patterns; a fact is whatever stands in its place, as little as will do."""
    made = []
    for english, chinese in CHINESE:
        source = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+?)", re.escape(english))
        made.append((re.compile(source, re.DOTALL), chinese))
    return tuple(made)
