// Starting, the strip and the overview, the way between views, and printing.

function alertLine(text) {
  replace(byId("alert"), text);
  say(text);
}

function drawStrip() {
  const head = state.head;
  const meta = (label, value) => h("div", null, h("dt", null, label), h("dd", null, value));
  const pick = h("input", { type: "file", accept: ".json,application/json", id: "import-file", class: "sr", tabindex: "-1", "aria-label": t("import_decisions"), onchange: (event) => event.target.files[0] && importDecisions(event.target.files[0]) });
  replace(byId("strip"),
    h("div", { class: "title" },
      h("h1", null, t("title")),
      h("p", { class: "caution" }, t("caution")),
      h("span", { class: "grow" }),
      h("div", { class: "actions" },
        button(t("anonymise"), toggleAnonymous, { "aria-pressed": String(state.anonymous), id: "anonymise", title: t("anonymise_note") }),
        button(t("print"), () => window.print(), { id: "print" }),
        h("details", { class: "menu", id: "files" }, h("summary", null, t("files")),
          h("div", null,
            button(t("export_decisions"), exportDecisions, { id: "export-decisions" }),
            button(t("import_decisions"), () => pick.click(), { id: "import-decisions" }),
            button(t("export_csv"), exportCsv, { id: "export-csv" }),
            button(t("export_json"), exportJson, { id: "export-json" }))),
        pick,
        button(state.lang === "zh" ? "English" : "中文", toggleLanguage, { id: "language", lang: state.lang === "zh" ? "en" : "zh-CN" }))),
    h("dl", { class: "meta" },
      meta(t("documents_read"), [figure("totals.documents", int(head.totals.documents)), " · ", figure("totals.chars", int(head.totals.chars)), " " + t("n_chars")]),
      meta(t("skipped"), skippedList()),
      meta(t("corpus"), h("code", null, head.corpus)),
      meta(t("version"), h("code", null, "dedup " + head.result.version)),
      meta(t("reviewer"), reviewerField())),
    h("details", { class: "settings" }, h("summary", null, settingsLine()),
      h("table", null, Object.entries(head.result.params).map(([key, value]) =>
        h("tr", null, h("td", null, word("settings", key)), h("td", null, h("code", null, key)), h("td", { class: "num", "data-path": "params." + key }, Array.isArray(value) ? value.map((one) => word("labels", one)).join("、") : String(value) || "—"))))),
    h("p", { id: "alert", class: "warn", role: "alert" }, state.unkept ? t("not_kept", { why: state.unkept }) : null));
}

function settingsLine() {
  const params = state.head.result.params;
  return t("settings_line", { threshold: params.threshold, min_chars: params.min_chars, max_gap: params.max_gap, mass: params.mass_issuers });
}

function skippedList() {
  const rows = state.head.skipped;
  const number = figure("totals.skipped", int(rows.length));
  if (!rows.length) return number;
  return h("details", { class: "skipped" }, h("summary", null, number, " " + t("see_reasons")),
    h("ul", null, rows.map((row, nth) => h("li", null, h("bdi", null, state.anonymous ? t("anonymous_file") : row.source + (row.member ? "#" + row.member : "")), "：",
      word("skipped", row.kind), state.anonymous ? null : [h("small", null, " " + state.head.skip_reasons[state.lang][nth])]))));
}

function reviewerField() {
  if (state.head.served) {
    return [h("bdi", null, reviewer), state.head.served.blind ? h("small", null, " " + t("blind")) : null, agreementLine()];
  }
  return h("input", { id: "reviewer", type: "text", value: reviewer, placeholder: t("reviewer_hint"), "aria-label": t("reviewer"), onchange: (event) => {
    reviewer = event.target.value.trim();
    keep();
    drawAll();
  } });
}

function agreementLine() {
  return agreement.map((row) => h("small", { class: "agreement" }, " " + t("agreement", {
    a: row.reviewers[0], b: row.reviewers[1], n: row.both, same: pct(row.agree), kappa: row.kappa === null ? "—" : row.kappa.toFixed(2),
  })));
}

function drawOverview() {
  const totals = state.head.totals;
  const card = (name, path, value, note) => h("div", { class: "figure" }, h("p", { class: "what" }, name), h("p", { class: "big" }, figure(path, value)), h("p", { class: "note" }, note));
  const grades = ["A", "B", "C", "none"].filter((key) => key !== "none" || totals.grades.none).map((key) =>
    h("span", { class: "gradecount" }, key === "none" ? t("ungraded") : grade(key), " ", figure("totals.grades." + key, int(totals.grades[key]))));
  const share = (value) => (totals.chars ? value / totals.chars : 0);
  const plot = histogram(state.head.documents.map((info) => info.share), setThreshold);
  replace(byId("overview"),
    h("div", { class: "figures" },
      card(t("fig_families"), "totals.review", int(totals.review), grades),
      card(t("fig_reports"), "totals.involved", int(totals.involved), t("fig_reports_note", { all: int(totals.documents), share: pct(totals.documents ? totals.involved / totals.documents : 0) })),
      card(t("fig_chars"), "totals.unexplained", int(totals.unexplained), t("fig_chars_note", { share: pct(share(totals.unexplained)) })),
      card(t("fig_boiler"), "share.boilerplate", pct(share(totals.boilerplate)), t("fig_boiler_note", { n: int(totals.boilerplate) }))),
    h("div", { class: "charts" },
      h("figure", null, h("figcaption", null, t("bar_title")), labelBar(totals.labels, totals.chars || 1, { class: "bar big" }), labelLegend(totals.labels, totals.chars)),
      h("figure", { class: "histbox" }, h("figcaption", null, t("hist_title")), plot.picture,
        h("div", { class: "slide" }, h("label", { for: "threshold" }, t("threshold")), plot.slider, h("output", { id: "threshold-value", for: "threshold" }),
          button(t("reset"), () => { setThreshold(0); drawOverview(); }, { class: "quiet small", id: "threshold-reset" })),
        h("p", { class: "note", id: "hist-note" }))));
  drawThreshold(plot.none);
}

let shareless = 0;

function drawThreshold(none) {
  if (none !== undefined) shareless = none;
  const over = state.head.documents.filter((info) => info.share > 0 && info.share >= state.threshold).length;
  replace(byId("threshold-value"), Math.round(100 * state.threshold) + "%");
  replace(byId("hist-note"), t("hist_note", { over: int(over), none: int(shareless) }));
}

function setThreshold(share) {
  state.threshold = share;
  drawThreshold();
  drawQueue();
  drawReports();
}

const TABS = ["queue", "reports", "boiler"];

function drawTabs() {
  replace(byId("tabs"), TABS.map((name) =>
    h("button", { type: "button", role: "tab", id: "tab-" + name, "aria-controls": "panel-" + name, "aria-selected": String(state.tab === name), tabindex: state.tab === name ? 0 : -1,
      onclick: () => go("t", name), onkeydown: (event) => {
        const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
        if (step) {
          const next = TABS[(TABS.indexOf(name) + step + TABS.length) % TABS.length];
          go("t", next);
          setTimeout(() => byId("tab-" + next).focus());
        }
      } }, t("tab_" + name))));
}

function showPanel(name) {
  for (const one of ["queue", "reports", "boiler", "pair", "sheet"]) byId("panel-" + one).hidden = one !== name;
  const deep = name === "pair" || name === "sheet";
  document.body.classList.toggle("deep", deep);
  if (!deep) state.tab = name;
  drawTabs();
}

// The view stands in the address, so that the browser's back button is the way back: #f=id #p=id,i,j #d=doc,rate #t=tab
function go(kind, value) {
  const hash = "#" + kind + "=" + encodeURIComponent(value);
  if (location.hash === hash) return route();
  location.hash = hash;
  return undefined;
}

async function route() {
  const [, kind, value] = /^#(\w)=(.*)$/.exec(location.hash) || [];
  const parts = decodeURIComponent(value || "").split(",");
  if (kind === "p" && state.families.has(parts[0])) return routePair(parts);
  if (kind === "d" && state.head.documents[Number(parts[0])]) {
    showPanel("sheet");
    return drawSheet(Number(parts[0]), parts[1]);
  }
  showPanel(kind === "t" && TABS.includes(parts[0]) ? parts[0] : kind === "f" ? "queue" : state.tab);
  queue.draw();
  reportList.draw();
  if (kind === "f" && state.families.has(parts[0])) {
    const index = shownFamilies.indexOf(state.families.get(parts[0]));
    if (index >= 0 && index !== state.selected) select(index, true);
  }
  return undefined;
}

async function routePair([id, one, other]) {
  const row = state.families.get(id);
  const detail = await loadFamily(row.index);
  if (!detail.cluster.members[one] || !detail.cluster.members[other]) return;
  pair = { row, detail, one: Number(one), other: Number(other), focus: 0 };
  if (shownFamilies.includes(row)) state.selected = shownFamilies.indexOf(row);
  showPanel("pair");
  await drawPair();
}

function toggleLanguage() {
  state.lang = state.lang === "zh" ? "en" : "zh";
  drawAll();
  byId("language").focus();
}

function toggleAnonymous() {
  state.anonymous = !state.anonymous;
  drawAll();
  byId("anonymise").focus();
}

function drawAll() {
  document.documentElement.lang = state.lang === "zh" ? "zh-CN" : "en";
  document.title = t("title");
  const chosen = shownFamilies[state.selected];
  const [tops, card] = [queue ? queue.node.scrollTop : 0, byId("card") ? byId("card").scrollTop : 0];
  drawStrip();
  drawOverview();
  drawTabs();
  buildQueue();
  buildReports();
  buildBoiler();
  buildFoot();
  queue.node.scrollTop = tops;
  if (chosen && shownFamilies.includes(chosen)) {
    state.selected = shownFamilies.indexOf(chosen);
    queue.refresh();
    showFamily(chosen, false).then(() => (byId("card").scrollTop = card));
  }
  if (!byId("panel-pair").hidden) drawPair();
  if (!byId("panel-sheet").hidden) drawSheet(sheet.id, sheet.rate);
}

const PRINTED = 200;

// Lists that only hold the rows in sight are printed from a plain copy.
function beforePrint() {
  const rows = shownFamilies.slice(0, PRINTED);
  const copy = h("div", { id: "printed" },
    h("h2", null, t("queue")), rows.map((row, at) => queueRow(row, -2 - at)),
    shownFamilies.length > PRINTED ? h("p", null, t("print_more", { n: int(shownFamilies.length - PRINTED) })) : null,
    h("h2", null, t("tab_reports")), printedReports());
  byId("tabs").after(copy);
}

function printedReports() {
  const rows = sortedReports().slice(0, PRINTED);
  const keys = reportColumns().slice(5);
  return h("table", { class: "printreports" },
    h("thead", null, h("tr", null, [t("r_name"), t("r_date"), t("r_chars"), t("r_bar"), ...keys.map(rateName)].map((name) => h("th", null, name)))),
    h("tbody", null, rows.map((info) => h("tr", null,
      h("td", null, h("bdi", null, shortName(info.id))), h("td", null, info.date || "—"), h("td", { class: "num" }, int(info.chars)),
      h("td", { class: "barcell" }, labelBar(info.labels, info.chars || 1, { class: "bar small" })), 
      keys.map((key) => h("td", { class: "num" }, rateText(key in info ? info[key] : info.rates[key], key)))))));
}

function afterPrint() {
  const copy = byId("printed");
  if (copy) copy.remove();
}

async function start() {
  state.head = await inflate("head");
  const head = state.head;
  state.lang = head.lang;
  head.families.forEach((row, index) => (row.index = index));
  for (const row of head.families) row.share = Math.max(0, ...row.documents.map((id) => head.documents[id].share));
  state.families = new Map(head.families.map((row) => [row.id, row]));
  state.issuers = [...new Set(head.documents.map((info) => info.issuer).filter(Boolean))].sort();
  await startVerdicts().catch((error) => (state.unkept = String(error)));
  drawAll();
  await route();
  window.addEventListener("hashchange", route);
  document.addEventListener("keydown", onKey);
  window.addEventListener("beforeprint", beforePrint);
  window.addEventListener("afterprint", afterPrint);
  document.body.classList.add("ready");
}

function fail(error) {
  const line = document.createElement("p");
  line.className = "fatal";
  const old = typeof DecompressionStream === "undefined";
  line.textContent = (old
    ? "此浏览器版本过旧，无法展开报告数据，请用 Chrome/Edge 80、Firefox 113、Safari 16.4 或更新版本。 This browser is too old to unfold the report. "
    : "报告数据无法展开，文件可能不完整。 The data of this report could not be unfolded; the file may be incomplete. ") + String(error);
  document.body.prepend(line);
  throw error;
}

start().catch(fail);
