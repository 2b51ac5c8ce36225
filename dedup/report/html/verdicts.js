// Verdicts: kept by the review server when there is one, else by this browser until exported.

const VERDICTS = ["plagiarism", "template", "citation", "self", "insufficient"];

// family id -> Map(reviewer -> {verdict, reason, reviewer, time, digest, changed})
const decisions = new Map();
let unmatched = [];
let reviewer = "";
let agreement = [];

const storeKey = () => "dedup.decisions." + state.head.corpus;

function put(row, changed) {
  if (!decisions.has(row.family)) decisions.set(row.family, new Map());
  decisions.get(row.family).set(row.reviewer, Object.assign({}, row, { changed }));
}

// The verdict to show: this reviewer's own, else the latest of the others' that may be seen.
function verdictOf(family) {
  const rows = decisions.get(family);
  if (!rows || !rows.size) return null;
  return rows.get(reviewer) || [...rows.values()].sort((a, b) => (a.time < b.time ? 1 : -1))[0];
}

const ownVerdict = (family) => (decisions.get(family) || new Map()).get(reviewer) || null;

async function startVerdicts() {
  unmatched = state.head.unmatched;
  for (const row of state.head.decisions) put(row, row.changed);
  if (state.head.served) {
    reviewer = state.head.served.reviewer;
    await refreshVerdicts();
    return;
  }
  try {
    reviewer = localStorage.getItem("dedup.reviewer") || "";
    const kept = localStorage.getItem(storeKey());
    if (kept) takeIn(JSON.parse(kept).decisions);
  } catch (error) {
    state.unkept = String(error);
  }
}

async function ask(path, body) {
  const answer = await fetch(path, {
    method: body ? "POST" : "GET",
    headers: { "X-Dedup-Token": state.head.served.token, "Content-Type": "application/json" },
    body: body ? JSON.stringify(body) : undefined,
  });
  if (!answer.ok) throw new Error((await answer.text()) || answer.statusText);
  return answer.json();
}

async function refreshVerdicts() {
  const told = await ask("api/decisions");
  decisions.clear();
  for (const row of told.decisions) put(row, row.changed);
  unmatched = told.unmatched;
  agreement = told.agreement;
}

// verdict null takes the verdict back. Returns once it is kept.
async function decide(family, verdict, reason) {
  const row = state.families.get(family);
  const detail = await loadFamily(row.index);
  const time = new Date().toISOString();
  const decision = { family, digest: row.digest, verdict, reason: reason || "", reviewer, time, members: detail.keys };
  if (state.head.served) {
    await ask("api/decisions", { family, verdict, reason: decision.reason });
    await refreshVerdicts();
  } else {
    if (verdict === null) (decisions.get(family) || new Map()).delete(reviewer);
    else put(decision, false);
    keep();
  }
}

function keep() {
  try {
    localStorage.setItem("dedup.reviewer", reviewer);
    localStorage.setItem(storeKey(), decisionsJson());
    state.unkept = null;
  } catch (error) {
    state.unkept = String(error);
  }
}

function decisionRows() {
  const rows = [...decisions.values()].flatMap((byReviewer) => [...byReviewer.values()]);
  return rows
    .concat(unmatched)
    .map((row) => ({
      family: row.family, digest: row.digest, verdict: row.verdict, reason: row.reason,
      reviewer: row.reviewer, time: row.time, members: row.members || [],
    }))
    .sort((a, b) => (a.family + "\n" + a.reviewer < b.family + "\n" + b.reviewer ? -1 : 1));
}

function decisionsJson() {
  const rows = decisionRows().map((row) => JSON.stringify(row)).join(",\n");
  return `{"schema": "dedup.decisions/1", "decisions": [\n${rows}\n]}\n`;
}

// Rows of a decisions file; those of no family here are kept and written out again. The later of two wins.
function takeIn(rows) {
  const byDigest = new Map(state.head.families.map((row) => [row.digest, row.id]));
  let found = 0;
  for (const row of rows) {
    const same = byDigest.get(row.digest);
    const family = same || (state.families.has(row.family) ? row.family : null);
    if (family === null) {
      unmatched = unmatched.filter((one) => one.family !== row.family || one.reviewer !== row.reviewer).concat([row]);
      continue;
    }
    found++;
    const before = (decisions.get(family) || new Map()).get(row.reviewer);
    if (!before || before.time <= row.time) put(Object.assign({}, row, { family }), !same);
  }
  return found;
}

const readable = (row) =>
  row && typeof row === "object" && ["family", "digest", "verdict", "reason", "reviewer", "time"].every((key) => typeof row[key] === "string") &&
  VERDICTS.concat(["not_template"]).includes(row.verdict);

async function importDecisions(file) {
  let data;
  try {
    data = JSON.parse(await file.text());
  } catch (error) {
    return say(t("import_bad", { why: String(error) }));
  }
  if (data.schema !== "dedup.decisions/1" || !Array.isArray(data.decisions) || !data.decisions.every(readable)) {
    return say(t("import_bad", { why: String(data.schema) }));
  }
  let found;
  if (state.head.served) {
    const told = await ask("api/import", data);
    found = told.matched;
    await refreshVerdicts();
  } else {
    found = takeIn(data.decisions);
    keep();
  }
  say(t("imported", { n: found, rest: data.decisions.length - found }));
  drawAll();
}

const verdictChip = (row) =>
  row
    ? h("span", { class: "verdict v-" + row.verdict, title: plain([row.reviewer, row.reason].filter(Boolean).join("：")) },
        t("v_" + row.verdict), row.changed ? h("b", { class: "again" }, t("look_again")) : null)
    : null;
