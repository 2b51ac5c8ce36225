// What leaves the page: files made here and saved by the browser.

function save(name, type, text) {
  const link = h("a", { href: URL.createObjectURL(new Blob([text], { type })), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

// A cell that a spreadsheet would take for a formula is given an apostrophe.
const cell = (value) => {
  const text = value === null || value === undefined ? "" : String(value);
  const safe = /^[=+\-@\t\r]/.test(text) && typeof value !== "number" ? "'" + text : text;
  return /[",\r\n]/.test(safe) ? '"' + safe.replace(/"/g, '""') + '"' : safe;
};

function exportCsv() {
  const names = ["id", "label", "grade", "star", "title", "documents", "issuers", "members", "chars", "longest", "from", "to", "reports", "verdict", "reason", "reviewer", "time"];
  const lines = state.head.families.map((row) => {
    const verdict = verdictOf(row.id) || {};
    return [row.id, row.label, row.grade, row.star ? 1 : 0, row.title, row.reports, row.issuers, row.members, row.chars, row.longest, row.from, row.to,
      row.documents.map(documentName).join("; "), verdict.verdict, verdict.reason, verdict.reviewer, verdict.time].map(cell).join(",");
  });
  save("families.csv", "text/csv", "\ufeff" + [names.join(",")].concat(lines).join("\r\n") + "\r\n");
}

// The result's own JSON, put together again from the chunks.
async function resultJson() {
  const head = state.head;
  const clusters = [];
  const passages = [];
  for (let chunk = 0; chunk < head.chunks; chunk++) {
    for (const detail of await inflate("f" + chunk)) {
      if (detail.cluster) clusters[detail.row] = detail.cluster;
      for (const [number, row] of detail.passages) passages[number] = row;
    }
  }
  const rows = [];
  for (const info of head.documents) {
    const marks = (await inflate("t" + info.chunk))[info.id].marks;
    const { share, chunk, ...row } = info;
    rows.push(Object.assign(row, { marks }));
  }
  return {
    schema: "dedup.result/1", version: head.result.version, params: head.result.params,
    documents: rows, passages, clusters, skipped: head.skipped, limits: head.limits,
  };
}

async function exportJson() {
  save("result.json", "application/json", JSON.stringify(await resultJson()));
}

function exportDecisions() {
  save("decisions.json", "application/json", decisionsJson());
}
