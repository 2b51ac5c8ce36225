// The table of reports, the sheet of one report, the boilerplate tab and the foot.

// Which labels a rate counts, by the key it has in the JSON; docs/format.md defines the rates.
const RATE_LABELS = {
  repeated: ["copy", "mass", "self", "citation", "template", "formula"],
  without_formula: ["copy", "mass", "self", "citation"],
  without_citation: ["copy", "mass", "self", "template", "formula"],
  without_self: ["copy", "mass", "citation", "template", "formula"],
  copied: ["copy", "mass"],
};
const RATE_COUNTS = new Set(["longest_passage", "sources"]);
let reportList = null;
let reportSort = { key: null, down: true };
let sheet = null;

const rateKeys = () => {
  const keys = new Set();
  for (const info of state.head.documents) for (const key of Object.keys(info.rates)) keys.add(key);
  return [...keys];
};

const rateName = (key) => (key === "share" ? t("r_share") : state.head.ui["rate_" + key] ? t("rate_" + key) : word("headings", key));

const rateNote = (key) => (state.head.ui["note_" + key] ? t("note_" + key) : null);

const rateText = (value, key) => {
  if (value === null) return t("too_short");
  if (value === undefined) return "—";
  if (typeof value !== "number") return String(value);
  return RATE_COUNTS.has(key) ? int(value) : pct(value);
};

function sortValue(info, key) {
  if (key === "name") return documentName(info.id);
  if (key in info) return info[key];
  return info.rates[key];
}

// The share that the histogram draws: a rate of the result, or a column of its own where the result lacks the rate.
const shareKey = () => (rateKeys().includes("largest_source") ? "largest_source" : "share");

function sortedReports() {
  const { down } = reportSort;
  const key = reportSort.key || shareKey();
  const wanted = state.head.documents.filter((info) => state.threshold <= 0 || (info.share !== null && info.share >= state.threshold));
  const rank = (info) => {
    const value = sortValue(info, key);
    return value === null || value === undefined ? -Infinity : value;
  };
  return wanted.sort((a, b) => {
    const [x, y] = [rank(a), rank(b)];
    const order = x < y ? -1 : x > y ? 1 : 0;
    return (down ? -order : order) || a.id - b.id;
  });
}

const reportColumns = () => ["name", "issuer", "date", "chars", "bar"].concat(shareKey() === "share" ? ["share"] : [], rateKeys());

function buildReports() {
  const columns = reportColumns();
  const sorted = reportSort.key || shareKey();
  const head = h("div", { class: "drow head", role: "row" },
    columns.map((key) => h("span", { role: "columnheader", class: "d-" + key, "aria-sort": key === sorted ? (reportSort.down ? "descending" : "ascending") : "none" },
      key === "bar" ? t("r_bar") : button(key in { name: 1, issuer: 1, date: 1, chars: 1, share: 1 } ? t("r_" + key) : rateName(key), () => {
        reportSort = { key, down: sorted === key ? !reportSort.down : !["name", "issuer", "date"].includes(key) };
        buildReports();
      }, { class: "sort", title: rateNote(key) }))));
  reportList = new VirtualList({ role: "rowgroup", id: "reports" }, 44, (info) => reportRow(info, columns));
  const table = h("div", { class: "dtable", role: "table", "aria-label": t("tab_reports"), css: { "--rates": columns.length - 5 } }, reportList.node);
  reportList.node.prepend(head);
  replace(byId("panel-reports"), h("p", { class: "count", id: "report-count" }), h("div", { class: "scrollx" }, table), shareKey() === "share" ? h("p", { class: "note" }, t("share_note")) : null);
  drawReports();
}

function drawReports() {
  const rows = sortedReports();
  replace(byId("report-count"), t("report_count", { n: int(rows.length), all: int(state.head.documents.length) }));
  reportList.node.style.setProperty("height", Math.min(rows.length, 14) * 44 + 52 + "px");
  reportList.set(rows);
}

function reportRow(info, columns) {
  const cell = (key) => {
    const path = `documents.${info.id}.`;
    if (key === "name") return button(nameSpan(info.id), () => go("d", info.id), { class: "link" });
    if (key === "issuer") return h("bdi", { title: plain(issuerName(info.id)) }, issuerName(info.id) || "—");
    if (key === "date") return info.date || "—";
    if (key === "chars") return figure(path + "chars", int(info.chars));
    if (key === "bar") return labelBar(info.labels, info.chars || 1, { class: "bar small" });
    const text = key === "share" ? pct(info.share) : rateText(info.rates[key], key);
    return button(figure(path + (key === "share" ? "share" : "rates." + key), text), () => go("d", info.id + "," + key), { class: "link", "data-rate": key });
  };
  return h("div", { class: "drow", role: "row", "data-document": info.id }, columns.map((key) => h("span", { role: "cell", class: "d-" + key }, cell(key))));
}

// One report on a sheet that prints on its own: its rates, its labels, its sources, its text with every run marked.
async function drawSheet(id, rate) {
  const doc = await loadDocument(id);
  sheet = { id, rate };
  const info = doc.info;
  const counted = await spansOfRate(doc, rate);
  const runs = sheetRuns(doc, counted);
  const text = h("div", { class: "prose sheettext" + (counted ? " dimmed" : "") + (doc.length > 20000 ? " long" : "") });
  if (doc.missing) text.appendChild(h("p", { class: "warn" }, t("no_text")));
  else text.appendChild(paint(doc, runs, mender(state.folded)));
  text.addEventListener("click", (event) => {
    const mark = event.target.closest("mark[data-key]");
    if (mark && !String(getSelection())) openFamily(mark.dataset.key);
  });
  replace(byId("panel-sheet"),
    h("header", { class: "pairhead" }, button("‹ " + t("back"), () => history.back(), { class: "quiet" }), h("h2", null, h("bdi", null, documentName(id))),
      h("span", { class: "grow" }), button(t("print"), () => window.print(), { class: "quiet" })),
    h("p", { class: "facts big" }, [issuerName(id), info.date, int(info.chars) + " " + t("n_chars"), info.encoding].filter(Boolean).map(plain).join(" · ")),
    sheetRates(info, rate),
    labelBar(info.labels, info.chars || 1, {}),
    sheetLegend(info),
    counted ? h("p", { class: "note", id: "rate-note", "data-chars": covered(counted.map((one) => [one.start, one.end])) },
      t("rate_shown", { rate: rateName(rate), n: int(counted.length), chars: int(covered(counted.map((one) => [one.start, one.end]))) })) : null,
    sources(doc), h("h3", null, t("full_text")), text);
  const mark = counted && counted.length ? text.querySelector("mark.counted") : null;
  if (mark) mark.scrollIntoView({ block: "center" });
  else window.scrollTo(0, 0);
}

// All marks, and above them, where a rate was asked for, what it counts; the rest is dimmed then.
function sheetRuns(doc, counted) {
  const below = doc.marks.map(([start, end, label, family]) => ({ start, end, label, family, cls: "run lb-" + label + (counted ? " dim" : "") }));
  const above = (counted || []).map((one) => Object.assign({}, one, { cls: "run counted lb-" + one.label }));
  return flatten([below, above]).map(({ start, end, row }) => ({ start, end, cls: row.cls, key: row.family, title: word("labels", row.label) }));
}

function sheetRates(info, rate) {
  const rows = (shareKey() === "share" ? [["share", pct(info.share)]] : []).concat(Object.entries(info.rates).map(([key, value]) => [key, rateText(value, key)]));
  return h("dl", { class: "rates" }, rows.map(([key, value]) =>
    h("div", { class: key === rate ? "on" : null }, h("dt", null, rateName(key)),
      h("dd", null, button(value, () => go("d", info.id + "," + key), { class: "link num", "data-rate": key })))));
}

const sheetLegend = (info) =>
  h("ul", { class: "legend" }, LABELS.filter((label) => info.labels[label]).map((label) =>
    h("li", null, swatch(label), word("labels", label), " ", figure(`documents.${info.id}.labels.${label}`, int(info.labels[label])), h("small", null, " " + pct(info.labels[label] / info.chars)))));

// What a rate counts, as {start, end, label, family}; null when no rate was asked for.
async function spansOfRate(doc, rate) {
  if (!rate) return null;
  const marked = (labels) => doc.marks.filter((mark) => labels.includes(mark[2])).map(([start, end, label, family]) => ({ start, end, label, family }));
  if (RATE_LABELS[rate]) return marked(RATE_LABELS[rate]);
  if (rate === "share") return marked(["copy", "mass"]);
  const bySource = await unexplainedPassages(doc);
  const all = [...bySource.values()].flat();
  if (rate === "largest_source") {
    const size = (rows) => covered(rows.map((one) => [one.start, one.end]));
    const other = [...bySource].filter(([id]) => id !== doc.id).sort((a, b) => size(b[1]) - size(a[1]) || a[0] - b[0])[0];
    return other ? other[1] : [];
  }
  if (rate === "longest_passage") return all.sort((a, b) => b.end - b.start - (a.end - a.start) || a.start - b.start).slice(0, 1);
  return rate === "sources" ? [...bySource].filter(([id]) => id !== doc.id).flatMap(([, rows]) => rows) : [];
}

// This report's side of every passage labelled copy or mass, by the other report.
async function unexplainedPassages(doc) {
  const rows = state.head.families.filter((row) => row.documents.includes(doc.id));
  const details = await Promise.all(rows.map((row) => loadFamily(row.index)));
  if (state.head.loose !== null) details.push((await inflate("f" + state.head.loose))[0]);
  const found = new Map();
  for (const detail of details) {
    for (const [, row] of detail.passages) {
      if (row.label !== "copy" && row.label !== "mass") continue;
      for (const [one, other] of [[row.left, row.right], [row.right, row.left]]) {
        if (one.document !== doc.id) continue;
        if (!found.has(other.document)) found.set(other.document, []);
        found.get(other.document).push({ start: one.start, end: one.end, label: row.label, family: row.cluster });
      }
    }
  }
  return found;
}

// Where this report's marked text also stands: the other reports, by characters of this one.
function sources(doc) {
  const families = new Map(state.head.families.map((row) => [row.id, row]));
  const counts = new Map();
  for (const [start, end, label, family] of doc.marks) {
    if (label !== "copy" && label !== "mass" && label !== "self") continue;
    for (const id of (families.get(family) || { documents: [] }).documents) {
      if (id === doc.id) continue;
      const row = counts.get(id) || { chars: 0, best: null, size: 0 };
      row.chars += end - start;
      if (end - start > row.size) Object.assign(row, { size: end - start, best: family });
      counts.set(id, row);
    }
  }
  const rows = [...counts].sort((a, b) => b[1].chars - a[1].chars || a[0] - b[0]);
  if (!rows.length) return null;
  return h("details", { class: "sources", open: true },
    h("summary", null, t("sources_n", { n: int(rows.length) })),
    h("table", null, rows.slice(0, 40).map(([id, row]) =>
      h("tr", null, h("td", null, button(nameSpan(id), () => go("d", id), { class: "link" }), " ", h("small", null, plain(issuerName(id)))),
        h("td", { class: "num" }, int(row.chars) + " " + t("n_chars")), h("td", { class: "num" }, pct(row.chars / doc.length)),
        h("td", null, button(t("compare"), () => pairOfDocuments(row.best, doc.id, id), { class: "small" }))))),
    rows.length > 40 ? h("p", { class: "note" }, t("sources_more", { n: int(rows.length - 40) })) : null);
}

async function pairOfDocuments(family, left, right) {
  const row = state.families.get(family);
  const detail = await loadFamily(row.index);
  const at = (id) => detail.cluster.members.findIndex((member) => member.document === id);
  openPair(row, detail, at(left), at(right));
}

function openFamily(id) {
  const row = state.families.get(id);
  if (!row) return;
  if (!shownFamilies.includes(row)) {
    state.filters = { text: "", issuer: "", file: "", from: "", to: "", verdict: "", labels: new Set(state.filters.labels).add(row.label) };
    state.threshold = 0;
    drawOverview();
    buildQueue();
  }
  go("f", id);
}

// Furniture, proposed templates and formulas, each to be confirmed or refused.
function buildBoiler() {
  const groups = ["formula", "template", "furniture"];
  replace(byId("panel-boiler"),
    h("p", { class: "note" }, t("boiler_note")),
    groups.map((label) => {
      const rows = state.head.families.filter((row) => row.label === label);
      return h("section", null, h("h3", null, swatch(label), word("labels", label) + " ", h("span", { class: "num" }, int(rows.length))),
        rows.length ? boilerGroup(rows) : h("p", { class: "note" }, t("none_found")));
    }));
}

function boilerGroup(rows) {
  const list = new VirtualList({ role: "list", class: "vlist boilerlist", css: { height: Math.min(rows.length, 8) * 66 + "px" } }, 66, boilerRow);
  list.set(rows);
  return list.node;
}

function boilerRow(row) {
  const mine = ownVerdict(row.id);
  const choice = (verdict, label) => button(label, async (event) => {
    const group = event.currentTarget.closest(".yesno");
    const pressed = event.currentTarget.getAttribute("aria-pressed") === "true";
    try {
      await decide(row.id, pressed ? null : verdict, "");
    } catch (error) {
      return alertLine(t("not_kept", { why: String(error) }));
    }
    for (const one of group.querySelectorAll("button")) one.setAttribute("aria-pressed", String(!pressed && one.dataset.verdict === verdict));
    say(t("decided", { verdict: label }));
    return drawQueue();
  }, { class: "small", "data-verdict": verdict, "aria-pressed": String(Boolean(mine && mine.verdict === verdict)) });
  return h("div", { class: "brow", role: "listitem" },
    h("div", { class: "btext" }, button(row.snippet || row.title, () => openFamily(row.id), { class: "link snippet" }), h("div", { class: "facts" }, familyFacts(row))),
    h("div", { class: "yesno", role: "group", "aria-label": t("is_boiler") }, choice("template", t("yes_boiler")), choice("not_template", t("no_boiler"))));
}

function buildFoot() {
  const limits = state.head.limit_sentences[state.lang];
  replace(byId("foot"),
    h("section", null, h("h2", null, t("method")), ["method_1", "method_2", "method_3", "method_4", "method_5"].map((key) => h("p", null, t(key)))),
    h("section", null, h("h2", null, t("limits")),
      limits.length ? h("ul", null, limits.map((line) => h("li", null, line))) : h("p", null, t("no_limits")),
      ["limit_1", "limit_2", "limit_3"].map((key) => h("p", null, t(key)))),
    h("p", { class: "colophon" }, "dedup " + state.head.result.version + " · " + t("corpus") + " " + state.head.corpus));
}
