// Differences of two spans that the result lists no passage for (large families are compared with their medoid only).

const DIFF_LIMIT = 800;

// Myers 1986, the greedy forward search, over folded characters. Returns [{kind, left: [s, e], right: [s, e]}] in
// code points of the two documents. Beyond DIFF_LIMIT edits the middle is one replacement: still true, only coarse.
function changesBetween(left, leftSpan, right, rightSpan) {
  const a = left.points(leftSpan.start, leftSpan.end);
  const b = right.points(rightSpan.start, rightSpan.end);
  const same = (x, y) => a[x] === b[y] || foldKey(a[x]) === foldKey(b[y]);
  let head = 0;
  while (head < a.length && head < b.length && same(head, head)) head++;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && same(a.length - 1 - tail, b.length - 1 - tail)) tail++;
  const edits = myers(head, a.length - tail, head, b.length - tail, same);
  return edits.map(([x0, x1, y0, y1]) => ({
    kind: kindOf(a.slice(x0, x1).join(""), b.slice(y0, y1).join("")),
    left: [leftSpan.start + x0, leftSpan.start + x1],
    right: [rightSpan.start + y0, rightSpan.start + y1],
  }));
}

const foldKey = (char) => {
  const folded = state.head.fold[char];
  return folded === undefined || folded === "" || folded === "▢" ? char : folded;
};

function kindOf(before, after) {
  const figures = /^[0-9０-９.,，．%％]+$/;
  if (figures.test(before) && figures.test(after)) return "number";
  if (!before) return "insert";
  return after ? "replace" : "delete";
}

function myers(a0, a1, b0, b1, same) {
  const n = a1 - a0;
  const m = b1 - b0;
  if (!n && !m) return [];
  if (!n || !m) return [[a0, a1, b0, b1]];
  const bound = Math.min(n + m, DIFF_LIMIT);
  const furthest = new Int32Array(2 * bound + 3);
  const trace = [];
  const off = bound + 1;
  for (let d = 0; d <= bound; d++) {
    trace.push(furthest.slice(off - d - 1, off + d + 2));
    for (let k = -d; k <= d; k += 2) {
      const down = k === -d || (k !== d && furthest[off + k - 1] < furthest[off + k + 1]);
      let x = down ? furthest[off + k + 1] : furthest[off + k - 1] + 1;
      let y = x - k;
      while (x < n && y < m && same(a0 + x, b0 + y)) {
        x++;
        y++;
      }
      furthest[off + k] = x;
      if (x >= n && y >= m) return walkBack(trace, n, m, a0, b0);
    }
  }
  return [[a0, a1, b0, b1]];
}

function walkBack(trace, n, m, a0, b0) {
  const edits = [];
  let x = n;
  let y = m;
  for (let d = trace.length - 1; d > 0; d--) {
    const row = trace[d];
    const at = (k) => row[k + d + 1];
    const k = x - y;
    const down = k === -d || (k !== d && at(k - 1) < at(k + 1));
    const px = down ? at(k + 1) : at(k - 1);
    const py = px - (down ? k + 1 : k - 1);
    const before = edits[edits.length - 1];
    const mx = down ? px : px + 1;
    const my = down ? py + 1 : py;
    // Edits with at most one equal character between them read better as one.
    if (before && before[0] - (a0 + mx) <= 1 && before[2] - (b0 + my) <= 1) {
      before[0] = a0 + px;
      before[2] = b0 + py;
    } else edits.push([a0 + px, a0 + mx, b0 + py, b0 + my]);
    x = px;
    y = py;
  }
  return edits.reverse();
}

const overlap = (span, start, end) => Math.max(0, Math.min(span.end, end) - Math.max(span.start, start));

const mirrored = (row) => ({
  id: row.id, kind: row.kind, wording: row.wording, similarity: row.similarity, label: row.label,
  left: row.right, right: row.left,
  changes: row.changes.map((change) => ({ kind: change.kind, left: change.right, right: change.left })),
});

// The passage of the family that joins two of its members, turned so that `one` is left; null where none is listed.
function passageBetween(family, one, other) {
  let best = null;
  let most = 0;
  for (const [, row] of family.passages) {
    for (const turned of [row, mirrored(row)]) {
      if (turned.left.document !== one.document || turned.right.document !== other.document) continue;
      const shared = Math.min(
        overlap(one, turned.left.start, turned.left.end),
        overlap(other, turned.right.start, turned.right.end),
      );
      if (shared > most) {
        most = shared;
        best = turned;
      }
    }
  }
  return best;
}

// How two members correspond: the listed passage, or a comparison made here. {left, right, changes, computed}.
async function correspondence(family, one, other) {
  const listed = passageBetween(family, one, other);
  if (listed) return Object.assign({ computed: false }, listed);
  const [left, right] = await Promise.all([loadDocument(one.document), loadDocument(other.document)]);
  if (left.missing || right.missing) return { left: one, right: other, changes: [], computed: true };
  return { left: one, right: other, changes: changesBetween(left, one, right, other), computed: true };
}
