// Making elements and saying words. Text reaches the page through textContent alone, never as markup.

const state = {
  lang: "zh",
  head: null,
  anonymous: false,
  threshold: 0,
  tab: "queue",
  filters: { text: "", issuer: "", file: "", from: "", to: "", verdict: "", labels: new Set(["copy", "mass"]) },
  selected: -1,
  digits: false,
  folded: false,
  excluded: true,
};

const byId = (id) => document.getElementById(id);

// h("p", {class: "note", onclick: f, "aria-label": "x"}, "text", node, ...). Null children are left out.
function h(tag, props, ...children) {
  const node = document.createElement(tag);
  fill(node, props);
  append(node, children);
  return node;
}

function svg(tag, props, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  fill(node, props);
  append(node, children);
  return node;
}

function fill(node, props) {
  for (const [name, value] of Object.entries(props || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "css") for (const [key, one] of Object.entries(value)) node.style.setProperty(key, one);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
}

function append(node, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    if (child instanceof Node) node.appendChild(child);
    else appendVisible(node, String(child));
  }
}

function replace(node, ...children) {
  node.textContent = "";
  append(node, children);
  return node;
}

// Controls that could turn text round or hide in it are shown by name.
const CONTROLS = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;

const codeName = (char) => "U+" + char.codePointAt(0).toString(16).toUpperCase().padStart(4, "0");

function appendVisible(node, text) {
  let last = 0;
  for (const match of text.matchAll(CONTROLS)) {
    if (match.index > last) node.appendChild(document.createTextNode(text.slice(last, match.index)));
    const mark = document.createElement("span");
    mark.className = "ctl";
    mark.textContent = codeName(match[0]);
    node.appendChild(mark);
    last = match.index + match[0].length;
  }
  if (last < text.length) node.appendChild(document.createTextNode(last ? text.slice(last) : text));
}

// The same for attributes, which cannot hold elements.
const plain = (text) => String(text).replace(CONTROLS, (char) => "<" + codeName(char) + ">");

function t(key, facts) {
  const row = state.head.ui[key];
  const text = row[state.lang === "zh" ? 0 : 1];
  return facts ? text.replace(/\{(\w+)\}/g, (whole, name) => (name in facts ? facts[name] : whole)) : text;
}

const word = (field, key) => state.head.words[state.lang][field][key] || key;
const int = (value) => (value === null || value === undefined ? "—" : Math.round(value).toLocaleString("en-US"));
/* Rounded down, as the terminal does: what is not whole never shows as 100 %, nor what is there as 0. */
const pct = (value) => {
  if (value === null || value === undefined) return "—";
  const tenths = Math.floor(Number((1000 * value).toFixed(6)));
  return value > 0 && tenths === 0 ? "<0.1%" : (tenths / 10).toFixed(1) + "%";
};

// A figure, with the place in the result's JSON (or in the head) where it stands: a test holds the two together.
const figure = (path, text) => h("span", { class: "num", "data-path": path }, text);

const grade = (key) => (key ? h("span", { class: "grade grade-" + key }, key) : h("span", { class: "grade grade-none" }, "·"));
const swatch = (label) => h("i", { class: "swatch lb-" + label, "aria-hidden": "true" });
const chip = (label) => h("span", { class: "chip", title: word("label_notes", label) }, swatch(label), word("labels", label));

function button(label, onclick, props) {
  return h("button", Object.assign({ type: "button", onclick }, props), label);
}

function say(text) {
  byId("live").textContent = text;
}

const documentName = (id) => {
  const info = state.head.documents[id];
  if (state.anonymous) return t("anonymous_report", { n: id + 1 });
  return info.member === null ? info.source : info.source + "#" + info.member;
};

const shortName = (id) => {
  const name = documentName(id);
  const tail = name.split(/[\\/]/).pop();
  return tail || name;
};

const issuerName = (id) => {
  const issuer = state.head.documents[id].issuer;
  if (!issuer || !state.anonymous) return issuer || "";
  return t("anonymous_issuer", { n: state.issuers.indexOf(issuer) + 1 });
};

const nameSpan = (id) => h("bdi", { class: "name", title: plain(documentName(id)) }, shortName(id));
