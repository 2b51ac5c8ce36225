// The label bar, the histogram, the timeline and the map of a document. Colour is never alone: each label has a
// pattern too (page.css), so that a black-and-white print can be read.

const LABELS = ["copy", "mass", "self", "citation", "template", "formula", "furniture", "own"];

// counts: {label: characters}. The segments are drawn by share; a label that is there at all is at least a hair wide.
function labelBar(counts, total, props) {
  const shown = LABELS.filter((label) => counts[label] > 0);
  const title = shown.map((label) => word("labels", label) + " " + pct(counts[label] / total)).join("，");
  return h(
    "div",
    Object.assign({ class: "bar", role: "img", "aria-label": title, title }, props),
    shown.map((label) => h("i", { class: "lb-" + label, css: { "flex-grow": counts[label], "flex-basis": "1px" } })),
  );
}

function labelLegend(counts, total) {
  return h(
    "ul",
    { class: "legend" },
    LABELS.map((label) =>
      h(
        "li",
        { title: word("label_notes", label) },
        swatch(label),
        word("labels", label),
        " ",
        h("span", { class: "num", "data-path": "totals.labels." + label }, int(counts[label])),
        h("small", null, " " + pct(total ? counts[label] / total : 0)),
      ),
    ),
  );
}

const BINS = 20;
const PLOT = { left: 34, right: 20, top: 16, bottom: 26, width: 560, height: 168 };

// Reports by the highest share found unexplained in one other report. Reports with none are told beside, or they
// would flatten all the others.
function histogram(shares, onmove) {
  const bins = new Array(BINS).fill(0);
  for (const share of shares) if (share > 0) bins[Math.min(BINS - 1, Math.floor(share * BINS))]++;
  const most = Math.max(1, ...bins);
  const inner = PLOT.width - PLOT.left - PLOT.right;
  const deep = PLOT.height - PLOT.top - PLOT.bottom;
  const x = (share) => PLOT.left + inner * share;
  const y = (count) => PLOT.top + deep * (1 - count / most);
  const bars = bins.map((count, bin) =>
    svg("rect", { x: x(bin / BINS) + 1, y: y(count), width: inner / BINS - 2, height: PLOT.top + deep - y(count), class: "hist" }),
  );
  const counts = bins.map((count, bin) =>
    count ? svg("text", { x: x((bin + 0.5) / BINS), y: y(count) - 4, class: "tick mid" }, String(count)) : null,
  );
  const ticks = [0, 0.2, 0.4, 0.6, 0.8, 1].map((share) =>
    svg("text", { x: x(share), y: PLOT.height - 8, class: "tick mid" }, 100 * share + "%"),
  );
  const line = svg("line", { y1: PLOT.top - 8, y2: PLOT.top + deep, class: "threshold" });
  const grip = svg("path", { class: "grip" });
  const picture = svg(
    "svg",
    { viewBox: `0 0 ${PLOT.width} ${PLOT.height}`, class: "histogram", "aria-hidden": "true" },
    svg("line", { x1: PLOT.left, x2: PLOT.width - PLOT.right, y1: PLOT.top + deep, y2: PLOT.top + deep, class: "axis" }),
    bars, counts, ticks, line, grip,
  );
  const slider = h("input", { type: "range", id: "threshold", min: 0, max: 100, step: 1, value: Math.round(100 * state.threshold) });
  const move = (share) => {
    line.setAttribute("x1", x(share));
    line.setAttribute("x2", x(share));
    grip.setAttribute("d", `M${x(share)} ${PLOT.top - 2}l-5 -9h10z`);
    bars.forEach((bar, bin) => bar.classList.toggle("under", (bin + 1) / BINS <= share));
  };
  slider.addEventListener("input", () => {
    move(slider.value / 100);
    onmove(slider.value / 100);
  });
  const drag = (event) => {
    if (event.type === "pointermove" && !event.buttons) return;
    const box = picture.getBoundingClientRect();
    const place = ((event.clientX - box.left) / box.width) * PLOT.width;
    slider.value = Math.round(100 * Math.min(1, Math.max(0, (place - PLOT.left) / inner)));
    slider.dispatchEvent(new Event("input"));
  };
  picture.addEventListener("pointerdown", drag);
  picture.addEventListener("pointermove", drag);
  move(state.threshold);
  return { picture, slider, none: shares.filter((share) => !(share > 0)).length };
}

// 2006 -> 2006.0, 2006-11-03 -> 2006.84; null where there is no date.
function yearOf(date) {
  const match = /^(\d{4})(?:-(\d{1,2}))?(?:-(\d{1,2}))?/.exec(date || "");
  if (!match) return null;
  return Number(match[1]) + ((Number(match[2]) || 1) - 1) / 12 + ((Number(match[3]) || 1) - 1) / 366;
}

// Arrows lead from the earliest dated report to later ones, and come from dates alone: copying is not proved by them.
function timeline(cluster) {
  const seen = new Map();
  for (const span of cluster.members) {
    const year = yearOf(state.head.documents[span.document].date);
    if (year !== null) seen.set(span.document, year);
  }
  const dated = [...seen].sort((a, b) => a[1] - b[1] || a[0] - b[0]);
  const undated = new Set(cluster.members.map((span) => span.document)).size - dated.length;
  const note = undated ? h("p", { class: "note" }, t("undated", { n: int(undated) })) : null;
  if (dated.length < 2) return [h("p", { class: "note" }, t("one_date"))];
  const low = dated[0][1];
  const high = dated[dated.length - 1][1];
  const width = 640;
  const x = (year) => 60 + ((width - 120) * (year - low)) / (high - low || 1);
  const base = 74;
  const levels = new Map();
  const points = dated.map(([id, year]) => {
    const place = Math.round(x(year));
    const level = levels.get(place) || 0;
    levels.set(place, level + 1);
    return { id, year, x: place, y: base - Math.min(level, 3) * 9 };
  });
  const arrows = points
    .filter((point) => point.year > low)
    .slice(0, 24)
    .map((point) => {
      const from = points[0];
      const lift = 18 + 34 * Math.min(1, (point.x - from.x) / width);
      return svg("path", { class: "arrow", "marker-end": "url(#head)", d: `M${from.x} ${from.y - 6}C${from.x} ${from.y - lift - 8} ${point.x} ${point.y - lift - 8} ${point.x} ${point.y - 8}` });
    });
  const dots = points.map((point) =>
    svg("circle", { cx: point.x, cy: point.y, r: 4.5, class: point.year === low ? "dot first" : "dot" },
      svg("title", null, plain((state.head.documents[point.id].date || "") + " " + shortName(point.id)))),
  );
  const label = (point, anchor) => {
    const issuer = issuerName(point.id) || shortName(point.id);
    return [
      svg("text", { x: point.x, y: base + 20, class: "tick " + anchor }, state.head.documents[point.id].date),
      svg("text", { x: point.x, y: base + 36, class: "tick faint " + anchor }, plain(issuer.slice(0, 14))),
    ];
  };
  const marker = svg("marker", { id: "head", viewBox: "0 0 8 8", refX: 6, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto" }, svg("path", { d: "M0 0L8 4L0 8z", class: "arrowhead" }));
  const last = points[points.length - 1];
  const name = t("timeline_label", { n: dated.length, from: state.head.documents[points[0].id].date, to: state.head.documents[last.id].date });
  return [
    svg(
      "svg",
      { viewBox: `0 0 ${width} 118`, class: "timeline", role: "img", "aria-label": name },
      svg("defs", null, marker),
      svg("line", { x1: 20, x2: width - 20, y1: base, y2: base, class: "axis" }),
      arrows, dots,
      label(points[0], "mid"),
      high > low ? label(last, "mid") : null,
    ),
    note,
  ];
}

const TONES = { same: "#b23a2e", changed: "#e0a13a", excluded: "#a9a9a2" };

// A strip as high as its pane on which the whole document lies, characters from top to bottom.
function documentMap(length, intervals, onjump) {
  const canvas = h("canvas", { class: "map", width: 20, height: 600, "aria-hidden": "true" });
  const view = h("div", { class: "mapview" });
  const brush = canvas.getContext("2d");
  brush.fillStyle = "#efece5";
  brush.fillRect(0, 0, 20, 600);
  for (const tone of ["excluded", "same", "changed"]) {
    brush.fillStyle = TONES[tone];
    for (const row of intervals) {
      if (row.tone !== tone) continue;
      const top = (600 * row.start) / length;
      const high = Math.max(tone === "changed" ? 1 : 2, (600 * (row.end - row.start)) / length);
      if (tone === "excluded") brush.fillRect(0, top, 7, high);
      else brush.fillRect(tone === "same" ? 5 : 12, top, tone === "same" ? 15 : 8, high);
    }
  }
  const box = h("div", { class: "mapbox" }, canvas, view);
  box.addEventListener("pointerdown", (event) => {
    const frame = canvas.getBoundingClientRect();
    onjump(Math.floor((length * (event.clientY - frame.top)) / frame.height));
  });
  return { box, view };
}
