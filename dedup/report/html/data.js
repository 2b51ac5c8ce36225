// Opening the folded data: chunks of families, marks and texts, each once and only when asked for.

const opened = new Map();

function inflate(id) {
  if (!opened.has(id)) opened.set(id, inflateNow(id));
  return opened.get(id);
}

async function inflateNow(id) {
  const element = byId(id);
  const binary = atob(element.textContent);
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at++) bytes[at] = binary.charCodeAt(at);
  element.remove();
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return JSON.parse(await new Response(stream).text());
}

const FAMILY_CHUNK = 100;

// index: row in the head's families, which is the order of the queue and of the chunks.
async function loadFamily(index) {
  const chunk = await inflate("f" + Math.floor(index / FAMILY_CHUNK));
  return chunk[index % FAMILY_CHUNK];
}

const documents = new Map();

async function loadDocument(id) {
  if (!documents.has(id)) {
    const chunk = await inflate("t" + state.head.documents[id].chunk);
    documents.set(id, new Doc(id, chunk[id]));
  }
  return documents.get(id);
}

// A document's text. Every position in the data counts code points; a JavaScript string counts UTF-16 units, so a
// text with characters beyond the first plane gets a table from one to the other.
class Doc {
  constructor(id, row) {
    this.id = id;
    this.info = state.head.documents[id];
    this.marks = row.marks;
    this.text = row.text;
    this.missing = row.text === null;
    this.length = this.info.chars;
    this.units = null;
    if (!this.missing && this.text.length !== this.length) {
      this.units = new Uint32Array(this.length + 1);
      let unit = 0;
      let at = 0;
      for (const char of this.text) {
        this.units[at++] = unit;
        unit += char.length;
      }
      this.units[at] = unit;
    }
  }

  at(point) {
    return this.units ? this.units[point] : point;
  }

  slice(start, end) {
    return this.missing ? "" : this.text.slice(this.at(start), this.at(end));
  }

  // The character folded as the matching saw it; null where it was dropped.
  points(start, end) {
    return Array.from(this.slice(start, end));
  }

  // Starts of lines, and of pieces of lines too long to lay out as one block.
  blocks() {
    if (this.cuts) return this.cuts;
    const cuts = [0];
    for (let point = 0; point < this.length; point++) {
      const line = this.text.charCodeAt(this.at(point)) === 10;
      if (line || point - cuts[cuts.length - 1] >= 2000) cuts.push(point + 1);
    }
    if (cuts[cuts.length - 1] !== this.length) cuts.push(this.length);
    this.cuts = cuts;
    return cuts;
  }
}

// What the key stream holds for a character; the table comes from the package, so this is what the matching saw.
function foldChar(char) {
  const folded = state.head.fold[char];
  return folded === undefined ? char : folded;
}

const PINYIN = /([\u3400-\u9fff])[（(][a-zA-Z\u00c0-\u01dc\u0251\u0261]+[)）]/g;

const foldText = (text) => Array.from(text.replace(PINYIN, "$1"), foldChar).join("").replace(/▢+/g, "▢");
