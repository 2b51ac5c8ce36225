// One family: evidence, timeline, members against the medoid, and the common text with its slots.

const STRIP_BINS = 60;
const MEMBERS_FIRST = 24;
let shownDetail = null;
let openFamilyId = null;

async function showFamily(row, byHand) {
  openFamilyId = row.id;
  if (byHand) document.body.classList.add("card-open");
  const detail = await loadFamily(row.index);
  if (openFamilyId !== row.id) return;
  shownDetail = detail;
  const cluster = detail.cluster;
  const master = h("section", { class: "master" }, h("h3", null, t("master")), h("p", { class: "note" }, t("opening")));
  const members = h("section", { class: "members" });
  replace(byId("card"),
    cardHead(row, cluster),
    h("div", { id: "verdicts", "data-family": row.id }),
    h("section", null, h("h3", null, t("evidence")), evidenceList(detail)),
    h("section", null, h("h3", null, t("timeline")), timeline(cluster)),
    members, master,
    h("section", { id: "normalised" }));
  drawVerdicts(row);
  byId("card").scrollTop = 0;
  await drawMembers(row, detail, members, master, MEMBERS_FIRST);
}

function closeCard() {
  document.body.classList.remove("card-open");
  queue.node.focus();
}

function cardHead(row, cluster) {
  const path = "clusters." + row.row;
  return h("header", { class: "cardhead" },
    h("div", { class: "cardnav" },
      button("‹ " + t("back_to_list"), closeCard, { class: "quiet phone" }),
      grade(cluster.grade),
      cluster.star ? h("span", { class: "star", title: t("star") }, "★ " + t("star")) : null,
      chip(cluster.label),
      h("span", { class: "grow" }),
      h("code", { class: "id", title: t("family_id") }, cluster.id)),
    h("h2", null, cluster.title),
    h("p", { class: "facts big" }, familyFacts(row), " · ",
      t("wording") + " ", figure(path + ".weakest", pct(cluster.weakest)), " " + t("at_least"), " · ",
      t("similarity") + " ", figure(path + ".similarity", pct(cluster.similarity))));
}

function evidenceList(detail) {
  const lines = detail.evidence[state.lang];
  if (!lines.length) return h("p", { class: "note" }, t("no_evidence"));
  return h("ul", { class: "evidence" }, lines.map((line) => h("li", null, line)));
}

function drawVerdicts(row) {
  const mine = ownVerdict(row.id);
  const others = [...(decisions.get(row.id) || new Map()).values()].filter((one) => one.reviewer !== reviewer);
  const reason = h("input", { id: "reason", type: "text", value: mine ? mine.reason : "", placeholder: t("reason_hint"), "aria-label": t("reason"),
    onchange: () => ownVerdict(row.id) && judge(ownVerdict(row.id).verdict) });
  replace(byId("verdicts"),
    h("div", { class: "judge", role: "group", "aria-label": t("verdict") },
      verdictButtons(mine), reason),
    mine && mine.changed ? h("p", { class: "warn" }, t("changed_since", { time: mine.time.slice(0, 10) }), " ",
      button(t("confirm"), () => judge(mine.verdict), { class: "quiet" })) : null,
    others.length ? h("p", { class: "note" }, t("others") + " ", others.map((one) => [one.reviewer || t("nameless"), " ", verdictChip(one), " "])) : null,
    state.head.served && state.head.served.blind && !mine ? h("p", { class: "note" }, t("blind_note")) : null);
}

const verdictButtons = (mine) =>
  VERDICTS.map((key, at) =>
    button([h("kbd", null, String(at + 1)), t("v_" + key)], () => judge(mine && mine.verdict === key ? null : key), {
      class: "v-" + key, "data-verdict": key, "aria-pressed": String(Boolean(mine && mine.verdict === key)),
    }));

// Each member against the medoid: which stretches of the medoid it has, which it has changed, which it lacks.
async function drawMembers(row, detail, place, master, limit) {
  const cluster = detail.cluster;
  const medoid = cluster.members[cluster.medoid];
  const order = cluster.members.map((_, at) => at);
  const shown = order.slice(0, limit);
  if (!shown.includes(cluster.medoid)) shown.push(cluster.medoid);
  const meetings = await Promise.all(
    shown.map((at) => (at === cluster.medoid ? null : correspondence(detail, medoid, cluster.members[at]))));
  if (openFamilyId !== row.id) return;
  const rest = cluster.members.length - shown.length;
  replace(place,
    h("h3", null, t("members")),
    h("div", { class: "mtable", role: "table", "aria-label": t("members") },
      h("div", { class: "mrow head", role: "row" },
        ["date", "report", "place", "chars", "strip", "wording"].map((key) => h("span", { role: "columnheader", class: "c-" + key }, t("m_" + key))),
        h("span", { role: "columnheader", class: "c-go" }, h("span", { class: "sr" }, t("compare")))),
      shown.map((at, number) => memberRow(row, detail, at, meetings[number]))),
    rest > 0 ? button(t("more_members", { n: int(rest) }), () => drawMembers(row, detail, place, master, Infinity), { class: "quiet" }) : null,
    h("p", { class: "note" }, t("strip_note")));
  await drawMaster(row, detail, master, shown, meetings);
  drawNormalised(detail);
}

function memberRow(row, detail, at, meeting) {
  const cluster = detail.cluster;
  const member = cluster.members[at];
  const path = `clusters.${row.row}.members.${at}`;
  const center = at === cluster.medoid;
  const partner = center ? firstPartner(cluster) : cluster.medoid;
  return h("div", { class: "mrow" + (center ? " center" : ""), role: "row" },
    h("span", { role: "cell", class: "c-date" }, state.head.documents[member.document].date || "—"),
    h("span", { role: "cell", class: "c-report" },
      button(nameSpan(member.document), () => go("d", member.document), { class: "link" }),
      issuerName(member.document) ? h("small", null, " " + plain(issuerName(member.document))) : null,
      center ? h("small", { class: "tag" }, t("medoid")) : null,
      at === cluster.earliest ? h("small", { class: "tag" }, t("earliest")) : null),
    h("span", { role: "cell", class: "c-place" }, placeOf(member)),
    h("span", { role: "cell", class: "c-chars" }, h("span", { class: "num" }, int(member.end - member.start))),
    h("span", { role: "cell", class: "c-strip" }, strip(cluster.members[cluster.medoid], meeting)),
    h("span", { role: "cell", class: "c-wording" }, figure(path + ".wording", pct(member.wording))),
    h("span", { role: "cell", class: "c-go" },
      partner === null ? null : button(t("compare"), () => openPair(row, detail, partner, at), { class: "small", "data-pair": partner + "-" + at })));
}

const firstPartner = (cluster) => {
  const other = cluster.members.findIndex((_, at) => at !== cluster.medoid);
  return other < 0 ? null : other;
};

const placeOf = (member) =>
  [member.page ? t("page_n", { n: member.page }) : null, t("line_n", { n: int(member.line) })].filter(Boolean).join(" ");

// The share of each stretch of the medoid that the member has unchanged, as a row of cells; null is the medoid itself.
function strip(medoid, meeting) {
  const total = medoid.end - medoid.start;
  const bins = Math.min(STRIP_BINS, total);
  const have = new Float64Array(bins);
  const add = (start, end, sign) => {
    for (let bin = Math.max(0, Math.floor(((start - medoid.start) * bins) / total)); bin < bins; bin++) {
      const low = medoid.start + (bin * total) / bins;
      if (low >= end) break;
      have[bin] += (sign * Math.max(0, Math.min(end, low + total / bins) - Math.max(start, low))) / (total / bins);
    }
  };
  if (meeting === null) have.fill(1);
  else {
    add(Math.max(medoid.start, meeting.left.start), Math.min(medoid.end, meeting.left.end), 1);
    for (const change of meeting.changes) add(change.left[0], change.left[1], -1);
  }
  return h("span", { class: "strip", "aria-hidden": "true" },
    Array.from(have, (share) => h("i", { class: "s" + Math.round(4 * Math.min(1, Math.max(0, share))) })));
}

const SLOT_KINDS = new Set(["number", "mask", "name"]);

// The medoid with, under each character, how many members have it; where members differ in figures or names, a slot.
async function drawMaster(row, detail, place, shown, meetings) {
  const cluster = detail.cluster;
  const medoid = cluster.members[cluster.medoid];
  const text = await loadDocument(medoid.document);
  if (openFamilyId !== row.id) return;
  if (text.missing) {
    replace(place, h("h3", null, t("master")), h("p", { class: "note" }, t("no_text")));
    return;
  }
  const size = medoid.end - medoid.start;
  const steps = new Int32Array(size + 1);
  const slots = [];
  for (const [number, meeting] of meetings.entries()) {
    const from = meeting ? Math.max(medoid.start, meeting.left.start) : medoid.start;
    const to = meeting ? Math.min(medoid.end, meeting.left.end) : medoid.end;
    if (to <= from) continue;
    steps[from - medoid.start]++;
    steps[to - medoid.start]--;
    for (const change of meeting ? meeting.changes : []) {
      const low = Math.max(from, change.left[0]) - medoid.start;
      const high = Math.min(to, change.left[1]) - medoid.start;
      if (high > low) {
        steps[low]--;
        steps[high]++;
      }
      if (SLOT_KINDS.has(change.kind) && low < size && high >= low) {
        slots.push({ start: low, end: Math.max(high, low), member: shown[number], right: change.right });
      }
    }
  }
  const whole = (slot) => (meeting) => meeting && meeting.left.start - medoid.start <= slot.start && meeting.left.end - medoid.start >= slot.end;
  const holders = (slot) => shown.filter((_, number) => whole(slot)(meetings[number]));
  const merged = await mergedSlots(slots, cluster, text, medoid, holders);
  if (openFamilyId !== row.id) return;
  replace(place,
    h("h3", null, t("master")),
    h("div", { class: "prose mastertext" }, masterSegments(text, medoid, steps, merged, meetings.length)),
    h("p", { class: "note" }, supportLegend(), " ", t("master_note", { n: int(meetings.length) })),
    slotTable(merged));
}

function supportLegend() {
  return h("span", { class: "scale", "aria-hidden": "true" }, [1, 2, 3, 4].map((level) => h("i", { class: "sup" + level }, "文")));
}

function masterSegments(text, medoid, steps, slots, count) {
  const parts = [];
  let depth = 0;
  let start = 0;
  let slot = 0;
  const cuts = new Set([0, medoid.end - medoid.start]);
  steps.forEach((step, at) => step && cuts.add(at));
  for (const one of slots) cuts.add(one.start).add(one.end);
  for (const end of [...cuts].sort((a, b) => a - b)) {
    if (end > start) {
      const level = count > 1 ? Math.ceil((4 * depth) / count) : 4;
      const inside = slot > 0 && slots[slot - 1].end > start && slots[slot - 1].start <= start;
      if (!inside) parts.push(h("span", { class: "sup" + level, title: t("support", { n: depth, all: count }) }, text.slice(medoid.start + start, medoid.start + end)));
    }
    while (slot < slots.length && slots[slot].start === end) {
      parts.push(h("button", { type: "button", class: "slot", "aria-label": t("slot_n", { n: slot + 1 }), onclick: flashSlot.bind(null, slot) }, "▢", h("sub", null, String(slot + 1))));
      slot++;
    }
    depth += steps[end] || 0;
    start = end;
  }
  return parts;
}

function flashSlot(number) {
  const line = byId("slot-" + number);
  if (!line) return;
  if (line.hidden) showSlots(line.closest("table"), line.closest("table").nextElementSibling);
  line.scrollIntoView({ block: "nearest" });
  line.classList.remove("flash");
  void line.offsetWidth;
  line.classList.add("flash");
}

// Overlapping slots of different members are one slot, with one value per member; a member that spans the slot and
// has no change there has the medoid's value.
async function mergedSlots(slots, cluster, text, medoid, holders) {
  slots.sort((a, b) => a.start - b.start || a.end - b.end);
  const merged = [];
  for (const one of slots) {
    const last = merged[merged.length - 1];
    if (last && (one.start < last.end || one.start === last.start)) {
      last.end = Math.max(last.end, one.end);
      last.rows.push(one);
    } else merged.push({ start: one.start, end: one.end, rows: [one] });
  }
  for (const slot of merged) {
    const values = new Map();
    const add = (value, member) => values.set(value, (values.get(value) || []).concat([member]));
    const filled = new Set(slot.rows.map((one) => one.member));
    const own = text.slice(medoid.start + slot.start, medoid.start + slot.end);
    for (const member of [cluster.medoid, ...holders(slot).filter((at) => !filled.has(at))]) add(own, member);
    for (const one of slot.rows) {
      const document = await loadDocument(cluster.members[one.member].document);
      add(document.slice(one.right[0], one.right[1]), one.member);
    }
    slot.values = values;
  }
  return merged;
}

const SLOTS_FIRST = 12;

function slotTable(slots) {
  if (!slots.length) return null;
  const cluster = shownDetail.cluster;
  const line = (slot, number) =>
    h("tr", { id: "slot-" + number, hidden: number >= SLOTS_FIRST },
      h("th", { scope: "row" }, "▢" + (number + 1)),
      h("td", null, [...slot.values].map(([value, members]) =>
        h("span", { class: "value" }, h("b", null, value || "∅"), " ", h("small", null, members.map((at) => memberName(cluster, at)).join("、"))))));
  const table = h("table", { class: "slots" }, h("caption", null, t("slots")), slots.map(line));
  const more = slots.length > SLOTS_FIRST ? button(t("more_slots", { n: slots.length - SLOTS_FIRST }), () => showSlots(table, more), { class: "quiet" }) : null;
  return [table, more];
}

function showSlots(table, more) {
  for (const line of table.querySelectorAll("tr")) line.hidden = false;
  if (more) more.remove();
}

// The shortest name that tells a member from the others: issuer, else issuer or file with its date, else with its line.
function memberName(cluster, at) {
  const name = (span) => issuerName(span.document) || shortName(span.document);
  const member = cluster.members[at];
  const twins = cluster.members.filter((span) => name(span) === name(member));
  if (twins.length < 2) return plain(name(member));
  const date = state.head.documents[member.document].date;
  const apart = date && twins.filter((span) => state.head.documents[span.document].date === date).length === 1;
  return plain(name(member)) + " " + (apart ? date : placeOf(member));
}

// What was set aside to find the match: counted from the listed passages and the repairs of the members' documents.
function drawNormalised(detail) {
  const kinds = new Map();
  for (const [, row] of detail.passages) for (const change of row.changes) kinds.set(change.kind, (kinds.get(change.kind) || 0) + 1);
  const repairs = new Map();
  for (const id of new Set(detail.cluster.members.map((one) => one.document))) {
    for (const [kind, count] of Object.entries(state.head.documents[id].repairs)) repairs.set(kind, (repairs.get(kind) || 0) + count);
  }
  const list = (rows, name) => [...rows].filter(([, count]) => count).sort().map(([kind, count]) => [name(kind) + " ", h("span", { class: "num" }, int(count))]);
  const changed = list(kinds, (kind) => word("changes", kind));
  const repaired = list(repairs, (kind) => (state.head.ui["repair_" + kind] ? t("repair_" + kind) : kind));
  const joined = (rows) => rows.flatMap((row, at) => (at ? [" · ", row] : [row]));
  replace(byId("normalised"),
    h("h3", null, t("normalised")),
    h("p", null, t("always_folded")),
    changed.length ? h("p", null, t("differences") + " ", joined(changed)) : null,
    repaired.length ? h("p", null, t("repairs") + " ", joined(repaired)) : null);
}

function openFirstPair() {
  const row = shownFamilies[state.selected];
  if (!row || !shownDetail || shownDetail.cluster.id !== row.id) return;
  const partner = firstPartner(shownDetail.cluster);
  if (partner !== null) openPair(row, shownDetail, shownDetail.cluster.medoid, partner);
}
