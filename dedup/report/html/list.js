// A list of which only the rows in sight exist, so that ten thousand families scroll as ten do.

class VirtualList {
  // make(index) returns the row's element; height in CSS pixels, the same for every row.
  constructor(props, height, make) {
    this.height = height;
    this.make = make;
    this.rows = [];
    this.shown = new Map();
    this.spacer = h("div", { class: "spacer", role: "presentation" });
    this.node = h("div", Object.assign({ class: "vlist", tabindex: "0" }, props), this.spacer);
    this.node.addEventListener("scroll", () => this.draw(), { passive: true });
    new ResizeObserver(() => this.draw()).observe(this.node);
  }

  // rows: what make() is called with, in order.
  set(rows) {
    this.rows = rows;
    this.spacer.style.setProperty("height", rows.length * this.height + "px");
    this.refresh();
  }

  refresh() {
    for (const node of this.shown.values()) node.remove();
    this.shown.clear();
    this.draw();
  }

  draw() {
    const from = Math.max(0, Math.floor(this.node.scrollTop / this.height) - 4);
    const to = Math.min(this.rows.length, Math.ceil((this.node.scrollTop + this.node.clientHeight) / this.height) + 4);
    for (const [index, node] of this.shown) {
      if (index < from || index >= to) {
        node.remove();
        this.shown.delete(index);
      }
    }
    for (let index = from; index < to; index++) {
      if (this.shown.has(index)) continue;
      const node = this.make(this.rows[index], index);
      node.style.setProperty("top", index * this.height + "px");
      node.style.setProperty("height", this.height + "px");
      node.setAttribute("aria-posinset", index + 1);
      node.setAttribute("aria-setsize", this.rows.length);
      this.spacer.appendChild(node);
      this.shown.set(index, node);
    }
  }

  reveal(index) {
    const top = index * this.height;
    const view = this.node;
    if (top < view.scrollTop) view.scrollTop = top;
    else if (top + this.height > view.scrollTop + view.clientHeight) view.scrollTop = top + this.height - view.clientHeight;
    this.draw();
  }
}
