// The table of reports, the sheet of one report, the boilerplate tab and the foot.

const EXPLAINED = {
  total: [], without_boilerplate: ["furniture", "template", "formula"], without_citation: ["citation"], without_self: ["self"],
};
let reportList = null;
let reportSort = { key: "share", down: true };
let sheet = null;

const rateKeys = () => {
  const keys = new Set();
  for (const info of state.head.documents) for (const key of Object.keys(info.rates)) keys.add(key);
  return [...keys];
};

const rateName = (key) => (state.head.ui["rate_" + key] ? t("rate_" + key) : word("headings", key));

const rateText = (value, key) => {
  if (value === null || value === undefined) return key && state.head.ui["rate_" + key] ? t("too_short") : "—";
  if (typeof value !== "number") return String(value);
  return state.counted.has(key) ? int(value) : pct(value);
};

function sortValue(info, key) {
  if (key === "name") return documentName(info.id);
  if (key in info) return info[key];
  return info.rates[key];
}

function sortedReports() {
  const { key, down } = reportSort;
  const wanted = state.head.documents.filter((info) => state.threshold <= 0 || info.share >= state.threshold);
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

function buildReports() {
  const columns = ["name", "issuer", "date", "chars", "bar", "share"].concat(rateKeys());
  const head = h("div", { class: "drow head", role: "row" },
    columns.map((key) => h("span", { role: "columnheader", class: "d-" + key, "aria-sort": key === reportSort.key ? (reportSort.down ? "descending" : "ascending") : "none" },
      key === "bar" ? t("r_bar") : button(key in { name: 1, issuer: 1, date: 1, chars: 1, share: 1 } ? t("r_" + key) : rateName(key), () => {
        reportSort = { key, down: reportSort.key === key ? !reportSort.down : !["name", "issuer", "date"].includes(key) };
        buildReports();
      }, { class: "sort" }))));
  reportList = new VirtualList({ role: "rowgroup", id: "reports" }, 44, (info) => reportRow(info, columns));
  const table = h("div", { class: "dtable", role: "table", "aria-label": t("tab_reports"), css: { "--rates": rateKeys().length } }, head, reportList.node);
  replace(byId("panel-reports"), h("p", { class: "count", id: "report-count" }), h("div", { class: "scrollx" }, table), h("p", { class: "note" }, t("share_note")));
  drawReports();
}

function drawReports() {
  const rows = sortedReports();
  replace(byId("report-count"), t("report_count", { n: int(rows.length), all: int(state.head.documents.length) }));
  reportList.node.style.setProperty("height", Math.min(rows.length, 14) * 44 + 4 + "px");
  reportList.set(rows);
}

function reportRow(info, columns) {
  const cell = (key) => {
    const path = `documents.${info.id}.`;
    if (key === "name") return button(nameSpan(info.id), () => go("d", info.id), { class: "link" });
    if (key === "issuer") return h("bdi", null, issuerName(info.id) || "—");
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
  const inRate = spansOfRate(doc, rate);
  const runs = doc.marks.map(([start, end, label, family]) => ({
    start, end, cls: "run lb-" + label + (inRate && !inRate.has(start) ? " dim" : ""), key: family,
    title: word("labels", label),
  }));
  const text = h("div", { class: "prose sheettext" + (doc.length > 20000 ? " long" : "") });
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
    h("dl", { class: "rates" },
      [["share", pct(info.share)], ...Object.entries(info.rates).map(([key, value]) => [key, rateText(value, key)])].map(([key, value]) =>
        h("div", { class: key === rate ? "on" : null }, h("dt", null, key === "share" ? t("r_share") : rateName(key)),
          h("dd", null, button(value, () => go("d", id + "," + key), { class: "link num", "data-rate": key }))))),
    labelBar(info.labels, info.chars || 1, {}),
    sheetLegend(info),
    inRate ? h("p", { class: "note", id: "rate-note" }, t("rate_shown", { rate: rate === "share" ? t("r_share") : rateName(rate), n: inRate.size })) : null,
    sources(doc), h("h3", null, t("full_text")), text);
  const first = inRate && [...inRate][0];
  if (first !== undefined && first !== null) {
    const mark = byId("panel-sheet").querySelector("mark.run:not(.dim)");
    if (mark) mark.scrollIntoView({ block: "center" });
  } else window.scrollTo(0, byId("panel-sheet").offsetTop - 8);
}

const sheetLegend = (info) =>
  h("ul", { class: "legend" }, LABELS.filter((label) => info.labels[label]).map((label) =>
    h("li", null, swatch(label), word("labels", label), " ", figure(`documents.${info.id}.labels.${label}`, int(info.labels[label])), h("small", null, " " + pct(info.labels[label] / info.chars)))));

// Starts of the marks that make up a rate; null when no rate was asked for.
function spansOfRate(doc, rate) {
  if (!rate) return null;
  const families = new Map(state.head.families.map((row) => [row.id, row]));
  const unexplained = (mark) => mark[2] === "copy" || mark[2] === "mass";
  let wanted = (mark) => !(EXPLAINED[rate] || []).includes(mark[2]);
  if (rate === "share") {
    const counts = new Map();
    for (const mark of doc.marks.filter(unexplained)) {
      for (const id of (families.get(mark[3]) || { documents: [] }).documents) if (id !== doc.id) counts.set(id, (counts.get(id) || 0) + mark[1] - mark[0]);
    }
    const best = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0])[0];
    wanted = (mark) => unexplained(mark) && best && families.has(mark[3]) && families.get(mark[3]).documents.includes(best[0]);
  }
  return new Set(doc.marks.filter(wanted).map((mark) => mark[0]));
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
