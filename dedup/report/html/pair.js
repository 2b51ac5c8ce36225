// Two originals side by side: matches numbered, scrolling together, with a map of each whole document.

const EXCLUDED = new Set(["furniture", "template", "citation", "formula"]);
let pair = null;

function openPair(row, detail, one, other) {
  pair = { row, detail, one, other, focus: 0 };
  go("p", row.id + "," + one + "," + other);
}

// All that the result says of two documents: every listed passage between them, of whichever family.
async function matchesBetween(left, right, family, one, other) {
  const wanted = state.head.families.filter((row) => row.documents.includes(left) && row.documents.includes(right));
  const details = await Promise.all(wanted.map((row) => loadFamily(row.index)));
  if (state.head.loose !== null) details.push((await inflate("f" + state.head.loose))[0]);
  const found = [];
  // Within one document passages lie in every direction; there only those between the two places looked at are shown.
  const near = (row) => left !== right || (overlap(one, row.left.start, row.left.end) && overlap(other, row.right.start, row.right.end));
  for (const detail of details) {
    for (const [, row] of detail.passages) {
      for (const turned of left === right ? [row, mirrored(row)] : [row.left.document === left ? row : mirrored(row)]) {
        if (turned.left.document === left && turned.right.document === right && near(turned)) found.push(turned);
      }
    }
  }
  if (family) {
    const meeting = await correspondence(family, one, other);
    if (meeting.computed) found.push(meeting);
  }
  found.sort((a, b) => a.left.start - b.left.start || a.right.start - b.right.start);
  return found;
}

const covered = (spans) => {
  let total = 0;
  let last = 0;
  for (const [start, end] of spans.sort((a, b) => a[0] - b[0])) {
    total += Math.max(0, end - Math.max(start, last));
    last = Math.max(last, end);
  }
  return total;
};

function longestSame(found) {
  let best = 0;
  for (const row of found) {
    let last = row.left.start;
    for (const [start, end] of row.changes.map((change) => change.left).sort((a, b) => a[0] - b[0])) {
      best = Math.max(best, start - last);
      last = Math.max(last, end);
    }
    best = Math.max(best, row.left.end - last);
  }
  return best;
}

async function drawPair() {
  const { row, detail, one, other } = pair;
  const spans = [detail.cluster.members[one], detail.cluster.members[other]];
  const docs = await Promise.all(spans.map((member) => loadDocument(member.document)));
  const found = await matchesBetween(docs[0].id, docs[1].id, detail, spans[0], spans[1]);
  pair.found = found;
  pair.focus = Math.max(0, found.findIndex((match) => overlap(spans[0], match.left.start, match.left.end) && overlap(spans[1], match.right.start, match.right.end)));
  const sides = ["left", "right"].map((side, at) => pairSide(docs[at], side, found));
  pair.sides = sides;
  replace(byId("panel-pair"),
    h("header", { class: "pairhead" },
      button("‹ " + t("back"), () => history.back(), { class: "quiet" }),
      h("h2", null, nameSpan(docs[0].id), " ↔ ", nameSpan(docs[1].id)),
      h("span", { class: "grow" }),
      h("span", { class: "steps" },
        button("‹", () => stepMatch(-1), { "aria-label": t("previous_match"), class: "small" }),
        h("span", { id: "match-now", class: "num" }),
        button("›", () => stepMatch(1), { "aria-label": t("next_match"), class: "small" })),
      partnerChoice(row, detail, one, other)),
    h("div", { class: "judge", id: "pair-verdicts", role: "group", "aria-label": t("verdict") }),
    h("div", { class: "pairbar" },
      pairFacts(docs, found),
      h("span", { class: "grow" }),
      toggle("digits", t("ignore_digits")), toggle("folded", t("folded")), toggle("excluded", t("show_excluded")),
      tones()),
    docs.some((doc) => doc.missing) ? h("p", { class: "warn" }, t("no_text")) : null,
    h("div", { class: "pairs" }, sides.map((side) => side.node)));
  drawPairVerdicts();
  window.scrollTo(0, 0);
  if (docs.some((doc) => doc.missing)) return;
  together(sides);
  focusMatch(pair.focus, false);
}

const drawPairVerdicts = () => replace(byId("pair-verdicts"), verdictButtons(ownVerdict(pair.row.id)));

function partnerChoice(row, detail, one, other) {
  const members = detail.cluster.members;
  if (members.length < 3 || members.length > 200) return null;
  const choose = (event) => openPair(row, detail, one, Number(event.target.value));
  return h("select", { "aria-label": t("other_member"), onchange: choose },
    members.map((member, at) => (at === one ? null : h("option", { value: at, selected: at === other }, plain(shortName(member.document)) + " · " + placeOf(member)))));
}

function pairFacts(docs, found) {
  const share = (side, doc) => (doc.length ? covered(found.map((row) => [row[side].start, row[side].end])) / doc.length : 0);
  return h("p", { class: "facts" },
    t("matches_n", { n: found.length }), " · ",
    t("share_left") + " ", h("b", { class: "num", id: "share-left" }, pct(share("left", docs[0]))), " · ",
    t("share_right") + " ", h("b", { class: "num", id: "share-right" }, pct(share("right", docs[1]))), " · ",
    t("longest") + " ", h("b", { class: "num", id: "pair-longest" }, int(longestSame(found))), " " + t("n_chars"),
    found.some((row) => row.computed) ? " · " + t("computed_here") : null);
}

function toggle(name, label) {
  return h("label", { class: "check" },
    h("input", { type: "checkbox", id: "switch-" + name, checked: state[name], onchange: (event) => {
      state[name] = event.target.checked;
      const focus = pair.focus;
      drawPair().then(() => { focusMatch(focus, false); byId("switch-" + name).focus(); });
    } }), label);
}

function tones() {
  return h("span", { class: "tones", "aria-label": t("tones") },
    h("mark", { class: "same" }, t("tone_same")), h("mark", { class: "changed" }, t("tone_changed")),
    state.excluded ? h("mark", { class: "excluded" }, t("tone_excluded")) : null);
}

const quiet = (change) => state.digits && (change.kind === "number" || change.kind === "mask");

function pairSide(doc, side, found) {
  const matchLayer = [];
  const changeLayer = [];
  const gaps = [];
  found.forEach((row, number) => {
    matchLayer.push({ start: row[side].start, end: row[side].end, cls: "same", key: number, number });
    for (const change of row.changes) {
      if (quiet(change)) continue;
      const [start, end] = change[side];
      if (start === end) gaps.push({ start, end, cls: "", n: () => h("i", { class: "gap", title: word("changes", change.kind) }) });
      else changeLayer.push({ start, end, cls: "changed k-" + change.kind, key: number, title: word("changes", change.kind) });
    }
  });
  const excludedLayer = doc.marks
    .filter((mark) => state.excluded && EXCLUDED.has(mark[2]))
    .map(([start, end, label]) => ({ start, end, cls: "excluded", title: t("excluded_as", { label: word("labels", label) }) }));
  const runs = flatten([matchLayer, excludedLayer, changeLayer]).map(({ start, end, row }) => ({ start, end, cls: row.cls, title: row.title, key: row.key }));
  const numbered = addBadges(runs, matchLayer, side, gaps);
  const pane = h("div", { class: "pane prose" + (doc.length > 20000 ? " long" : ""), tabindex: "0", role: "region", "aria-label": plain(documentName(doc.id)) });
  if (!doc.missing) pane.appendChild(paint(doc, numbered, mender(state.folded)));
  const intervals = [
    ...excludedLayer.map((row) => ({ start: row.start, end: row.end, tone: "excluded" })),
    ...matchLayer.map((row) => ({ start: row.start, end: row.end, tone: "same" })),
    ...changeLayer.map((row) => ({ start: row.start, end: row.end, tone: "changed" })),
  ];
  const map = documentMap(Math.max(1, doc.length), intervals, (point) => scrollToPoint(pane, point));
  pane.addEventListener("click", (event) => {
    const mark = event.target.closest("mark[data-key]");
    if (mark && !String(getSelection())) focusMatch(Number(mark.dataset.key), false, side);
  });
  const node = h("section", { class: "side-" + side },
    h("header", { class: "panehead" },
      button(nameSpan(doc.id), () => go("d", doc.id), { class: "link" }),
      h("small", null, [issuerName(doc.id), doc.info.date].filter(Boolean).map(plain).join(" · ")),
      h("small", { class: "grow right" }, int(doc.length) + " " + t("n_chars"))),
    h("div", { class: "panebox" }, side === "left" ? map.box : null, pane, side === "right" ? map.box : null));
  return { node, pane, map, doc, side };
}

// The number of a match stands before its first character; where a layer above covers that, a run of no width holds it.
function addBadges(runs, layer, side, gaps) {
  const points = layer.map((row) => ({ start: row.start, end: row.start, cls: "", n: () => badge(row.number, side) })).concat(gaps);
  return cutAt(runs, points).concat(points).sort((a, b) => a.start - b.start || a.end - b.end);
}

// A run that goes on over a point of no width is cut there, or the point would be shown behind all of it.
function cutAt(runs, points) {
  const places = points.map((point) => point.start).sort((a, b) => a - b);
  const pieces = [];
  let next = 0;
  for (const run of runs) {
    while (next < places.length && places[next] <= run.start) next++;
    let start = run.start;
    for (let at = next; at < places.length && places[at] < run.end; at++) {
      if (places[at] > start) pieces.push(Object.assign({}, run, { start, end: places[at] }));
      start = places[at];
    }
    pieces.push(Object.assign({}, run, { start }));
  }
  return pieces;
}

function badge(number, side) {
  return h("button", { type: "button", class: "badge", "data-match": number, "aria-label": t("match_n", { n: number + 1 }),
    onclick: (event) => { event.stopPropagation(); focusMatch(number, true, side); } }, String(number + 1));
}

const badgeIn = (side, number) => side.pane.querySelector(`.badge[data-match="${number}"]`);

// Brings both sides to a match; `from` is the side that was clicked and stays where it is.
function focusMatch(number, byKey, from) {
  if (!pair.found.length) return;
  pair.focus = number;
  pair.holding = performance.now();
  for (const side of pair.sides) {
    for (const old of side.pane.querySelectorAll(".now")) old.classList.remove("now");
    for (const mark of side.pane.querySelectorAll(`mark[data-key="${number}"]`)) mark.classList.add("now");
    const target = badgeIn(side, number);
    if (!target) continue;
    target.classList.add("now");
    if (side.side !== from) {
      scrollInPane(side.pane, target);
      if (byKey && from) target.focus({ preventScroll: true });
    }
  }
  replace(byId("match-now"), `${number + 1} / ${pair.found.length}`);
}

function stepMatch(step) {
  if (!pair || !pair.found || !pair.found.length) return;
  focusMatch((pair.focus + step + pair.found.length) % pair.found.length, true);
}

// Scrolling one side moves the other so that matches stay level: between two matches by proportion.
function together(sides) {
  const measure = () => {
    const tops = sides.map((side) => [0].concat(
      pair.found.map((_, number) => {
        const node = badgeIn(side, number);
        return node ? node.getBoundingClientRect().top - side.pane.getBoundingClientRect().top + side.pane.scrollTop : 0;
      }), [side.pane.scrollHeight]));
    const points = tops[0].map((top, at) => [top, tops[1][at]]).sort((a, b) => a[0] - b[0]);
    // Matches in another order on the right cannot all be level; the ones that rise on both sides are kept.
    return points.filter((point, at) => points.slice(0, at).every((one) => one[1] <= point[1]) && points.slice(at).every((one) => one[1] >= point[1]));
  };
  const carry = (points, value, from, to) => {
    let at = 1;
    while (at < points.length - 1 && points[at][from] < value) at++;
    const [low, high] = [points[at - 1], points[at]];
    const share = high[from] > low[from] ? (value - low[from]) / (high[from] - low[from]) : 0;
    return low[to] + share * (high[to] - low[to]);
  };
  let moved = null;
  let points = null;
  let measured = 0;
  sides.forEach((side, at) => {
    const other = sides[1 - at];
    side.pane.addEventListener("scroll", () => {
      showView(side);
      if (moved === side) {
        moved = null;
        return;
      }
      if (performance.now() - (pair.holding || 0) < 250) return;
      if (!points || performance.now() - measured > 400) points = measure();
      measured = performance.now();
      const middle = side.pane.scrollTop + side.pane.clientHeight * 0.25;
      const aim = Math.round(carry(points, middle, at, 1 - at) - other.pane.clientHeight * 0.25);
      if (Math.abs(aim - other.pane.scrollTop) < 2) return;
      moved = other;
      other.pane.scrollTop = aim;
      showView(other);
    }, { passive: true });
    showView(side);
  });
}

function showView(side) {
  const { pane, map } = side;
  const all = Math.max(1, pane.scrollHeight);
  map.view.style.setProperty("top", (100 * pane.scrollTop) / all + "%");
  map.view.style.setProperty("height", Math.min(100, (100 * pane.clientHeight) / all) + "%");
}
