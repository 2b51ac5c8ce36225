// Laying out a whole document with its runs painted: used by the pair view and by the sheet of one report.

// runs: sorted, disjoint {start, end, cls, title, n, key}; the rest of the text stays plain. Returns the pane's nodes.
// Lines are blocks, so that the browser lays out only those in sight (content-visibility in page.css).
function paint(doc, runs, mend) {
  const pane = document.createDocumentFragment();
  const cuts = doc.blocks();
  let run = 0;
  for (let at = 0; at + 1 < cuts.length; at++) {
    const [start, end] = [cuts[at], cuts[at + 1]];
    const block = h("div", { class: "block", "data-start": start });
    let done = start;
    while (run < runs.length && runs[run].start < end) {
      const one = runs[run];
      const from = Math.max(one.start, start);
      const to = Math.min(one.end, end);
      if (from > done) appendVisible(block, mend(doc.slice(done, from)));
      if (one.n && one.start >= start) block.appendChild(one.n());
      if (to > from) {
        block.appendChild(h("mark", { class: one.cls, title: one.title, "data-key": one.key }, mend(doc.slice(from, to))));
      }
      done = Math.max(done, to);
      if (one.end > end) break;
      run++;
    }
    if (done < end) appendVisible(block, mend(doc.slice(done, end)));
    if (!block.textContent.trim()) block.classList.add("blank");
    pane.appendChild(block);
  }
  return pane;
}

// A text as the page shows it: carriage returns have no width, and the last line end of a block is the block's own.
function mender(folded) {
  return folded ? (text) => foldText(text) : (text) => text.replace(/\r/g, "").replace(/\n$/, "");
}

// The innermost of overlapping layers wins: later layers cover earlier ones. layers: arrays of {start, end, ...}.
function flatten(layers) {
  const events = [];
  layers.forEach((layer, depth) =>
    layer.forEach((row, order) => {
      if (row.end > row.start) events.push([row.start, 1, depth, order, row], [row.end, 0, depth, order, row]);
    }));
  events.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const open = new Map();
  const runs = [];
  let last = 0;
  let top = null;
  for (const [place, opens, depth, order, row] of events) {
    if (top && place > last) {
      const before = runs[runs.length - 1];
      if (before && before.row === top && before.end === last) before.end = place;
      else runs.push({ start: last, end: place, row: top });
    }
    last = place;
    const key = depth * 1e7 + order;
    if (opens) open.set(key, row);
    else open.delete(key);
    top = null;
    let best = -1;
    for (const [one, held] of open) if (one > best) [best, top] = [one, held];
  }
  return runs;
}

function scrollToPoint(pane, point) {
  const blocks = pane.querySelectorAll(".block");
  let low = 0;
  let high = blocks.length - 1;
  while (low < high) {
    const mid = (low + high + 1) >> 1;
    if (Number(blocks[mid].dataset.start) <= point) low = mid;
    else high = mid - 1;
  }
  if (blocks[low]) scrollInPane(pane, blocks[low]);
}

// Blocks out of sight have estimated heights; a second step after layout lands where the first one aimed.
function scrollInPane(pane, node) {
  const aim = () => {
    const offset = node.getBoundingClientRect().top - pane.getBoundingClientRect().top;
    pane.scrollTop += offset - pane.clientHeight * 0.25;
  };
  aim();
  requestAnimationFrame(() => {
    aim();
    requestAnimationFrame(aim);
  });
}
