// The queue: which families are shown, the rows, and the keys that walk them.

let queue = null;
let shownFamilies = [];

const span = (from, to) => (!from ? "" : from === to ? from : from + " – " + to);

function matches(row) {
  const want = state.filters;
  if (!want.labels.has(row.label)) return false;
  if (state.threshold > 0 && !(row.share >= state.threshold)) return false;
  if (want.file && !row.documents.some((id) => documentName(id).includes(want.file))) return false;
  if (want.issuer && !row.documents.some((id) => state.head.documents[id].issuer === want.issuer)) return false;
  if (want.from && !(row.to && row.to.slice(0, want.from.length) >= want.from)) return false;
  if (want.to && !(row.from && row.from.slice(0, want.to.length) <= want.to)) return false;
  if (want.text && !(row.title + "\n" + row.snippet).includes(want.text)) return false;
  return verdictMatches(row, want.verdict);
}

function verdictMatches(row, want) {
  if (!want) return true;
  const verdict = verdictOf(row.id);
  if (want === "none") return !verdict;
  if (want === "again") return Boolean(verdict && verdict.changed);
  if (want === "differ") return new Set([...(decisions.get(row.id) || new Map()).values()].map((one) => one.verdict)).size > 1;
  return Boolean(verdict && verdict.verdict === want);
}

function boldText(text, runs) {
  const points = Array.from(text);
  const parts = [];
  let last = 0;
  for (const [start, end] of runs) {
    parts.push(points.slice(last, start).join(""), h("b", null, points.slice(start, end).join("")));
    last = end;
  }
  parts.push(points.slice(last).join(""));
  return parts;
}

function familyFacts(row) {
  const path = "clusters." + row.row;
  return [
    figure(path + ".documents", int(row.reports)), " " + t("n_reports"), " · ",
    figure(path + ".issuers", int(row.issuers)), " " + t("n_issuers"),
    row.longest === null ? null : [" · " + t("longest") + " ", figure("families." + row.index + ".longest", int(row.longest)), " " + t("n_chars")],
    row.from ? " · " + span(row.from, row.to) : null,
  ];
}

function queueRow(row, index) {
  const chosen = index === state.selected;
  return h(
    "div",
    { class: "row" + (chosen ? " chosen" : ""), role: "option", id: "row-" + index, "aria-selected": String(chosen), "data-family": row.id, onclick: () => select(index, true) },
    h("div", { class: "rowhead" }, grade(row.grade), row.star ? h("span", { class: "star", title: t("star") }, "★") : null, chip(row.label), h("span", { class: "grow" }), verdictChip(verdictOf(row.id))),
    h("div", { class: "snippet" }, row.snippet ? boldText(row.snippet, row.bold) : row.title),
    h("div", { class: "facts" }, familyFacts(row)),
  );
}

function field(label, control, cls) {
  return h("label", { class: "field" + (cls ? " " + cls : "") }, h("span", null, label), control);
}

function filterInput(name, props) {
  const apply = (event) => {
    state.filters[name] = event.target.value;
    drawQueue();
  };
  return h("input", Object.assign({ type: "search", id: "filter-" + name, value: state.filters[name], oninput: apply, autocomplete: "off" }, props));
}

function filterChoice(name, options) {
  const apply = (event) => {
    state.filters[name] = event.target.value;
    drawQueue();
  };
  return h("select", { id: "filter-" + name, onchange: apply },
    options.map(([value, text]) => h("option", { value, selected: state.filters[name] === value }, text)));
}

function labelToggles() {
  const counts = new Map();
  for (const row of state.head.families) counts.set(row.label, (counts.get(row.label) || 0) + 1);
  return h("div", { class: "toggles", role: "group", "aria-label": t("labels") },
    LABELS.filter((label) => counts.has(label)).map((label) =>
      button([swatch(label), word("labels", label) + " ", h("span", { class: "num" }, int(counts.get(label)))], (event) => {
        const labels = state.filters.labels;
        if (!labels.delete(label)) labels.add(label);
        event.currentTarget.setAttribute("aria-pressed", String(labels.has(label)));
        drawQueue();
      }, { class: "toggle", "aria-pressed": String(state.filters.labels.has(label)), "data-label": label })));
}

function filters() {
  const issuers = [["", t("all")]].concat(state.issuers.map((issuer, at) => [issuer, state.anonymous ? t("anonymous_issuer", { n: at + 1 }) : plain(issuer)]));
  const verdicts = [["", t("all")], ["none", t("undecided")], ["again", t("look_again")], ["differ", t("differ")]].concat(VERDICTS.map((key) => [key, t("v_" + key)]));
  return h("details", { class: "filters", open: window.innerWidth > 720 },
    h("summary", null, t("filter")),
    labelToggles(),
    h("div", { class: "fields" },
      field(t("text"), filterInput("text", { placeholder: t("text_hint") }), "wide"),
      field(t("file"), filterInput("file", {})),
      field(t("issuer"), filterChoice("issuer", issuers)),
      field(t("verdict"), filterChoice("verdict", verdicts)),
      field(t("dates"), h("span", { class: "two" }, filterInput("from", { placeholder: "2006", type: "text", "aria-label": t("date_from") }), "–", filterInput("to", { placeholder: "2012", type: "text", "aria-label": t("date_to") })))));
}

function buildQueue() {
  queue = new VirtualList({ role: "listbox", id: "queue", "aria-label": t("queue") }, 104, queueRow);
  replace(byId("panel-queue"),
    h("div", { class: "side" }, filters(), h("p", { class: "count", id: "queue-count", "aria-live": "polite" }), queue.node,
      h("p", { class: "keys" }, t("keys"))),
    h("article", { class: "card", id: "card", tabindex: "-1" }));
  drawQueue();
}

// Applies the filters again and keeps the chosen family if it is still in the list.
function drawQueue() {
  const chosen = shownFamilies[state.selected];
  shownFamilies = state.head.families.filter(matches);
  const decided = shownFamilies.filter((row) => ownVerdict(row.id)).length;
  replace(byId("queue-count"), t("queue_count", { n: int(shownFamilies.length), all: int(state.head.families.length), done: int(decided) }));
  state.selected = chosen ? shownFamilies.indexOf(chosen) : -1;
  queue.set(shownFamilies);
  if (state.selected < 0) {
    if (!shownFamilies.length) replace(byId("card"), h("p", { class: "empty" }, t(state.head.families.length ? "no_match" : "no_family")));
    else if (window.innerWidth > 720 && state.tab === "queue") select(0, false);
  }
}

function select(index, byHand) {
  if (index < 0 || index >= shownFamilies.length) return;
  state.selected = index;
  queue.reveal(index);
  queue.refresh();
  queue.node.setAttribute("aria-activedescendant", "row-" + index);
  showFamily(shownFamilies[index], byHand);
}

// The family under the reviewer's eyes; a pair may be open whose family the filter has put out of the list.
const familyInView = () => (byId("panel-pair").hidden ? shownFamilies[state.selected] : pair.row);

async function judge(verdict) {
  const row = familyInView();
  if (!row) return;
  const reason = byId("reason") ? byId("reason").value : "";
  try {
    await decide(row.id, verdict, reason);
  } catch (error) {
    alertLine(t("not_kept", { why: String(error) }));
    return;
  }
  say(verdict === null ? t("withdrawn") : t("decided", { verdict: t("v_" + verdict) }));
  drawQueueKeeping(row);
  if (byId("verdicts") && byId("verdicts").dataset.family === row.id) drawVerdicts(row);
  if (!byId("panel-pair").hidden) drawPairVerdicts();
}

// A verdict may take the family out of the filter; the place in the list is kept, so that j goes to the next one.
function drawQueueKeeping(row) {
  const place = state.selected;
  drawQueue();
  if (!shownFamilies.includes(row) && shownFamilies.length) select(Math.min(place, shownFamilies.length - 1), true);
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName) && event.target.type !== "range" && event.target.type !== "checkbox";
  if (event.key === "Escape") {
    if (typing) event.target.blur();
    else if (!byId("panel-pair").hidden || !byId("panel-sheet").hidden) history.back();
    else closeCard();
    return;
  }
  if (typing) return;
  if (!byId("panel-pair").hidden) {
    if (event.key === "n" || event.key === "p") stepMatch(event.key === "n" ? 1 : -1);
    else if (/^[1-5]$/.test(event.key)) judge(VERDICTS[event.key - 1]);
    else if (event.key === "0") judge(null);
    return;
  }
  if (byId("panel-queue").hidden) return;
  const onList = event.target === queue.node;
  if (event.key === "j" || (onList && event.key === "ArrowDown")) select(Math.min(state.selected + 1, shownFamilies.length - 1), true);
  else if (event.key === "k" || (onList && event.key === "ArrowUp")) select(Math.max(0, state.selected - 1), true);
  else if (onList && event.key === "Home") select(0, true);
  else if (onList && event.key === "End") select(shownFamilies.length - 1, true);
  else if (/^[1-5]$/.test(event.key)) judge(VERDICTS[event.key - 1]);
  else if (event.key === "0") judge(null);
  else if (event.key === "Enter" && (onList || event.target === document.body)) openFirstPair();
  else if (event.key === "/") byId("filter-text").focus();
  else return;
  event.preventDefault();
}
