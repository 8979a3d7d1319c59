/** A small table of figures: built once, then only its texts change. */
import { h, setText } from "./dom.js";

/**
 * @param {{label: string, columns: string[], rows: number}} plan  columns: their heads,
 *   the first one over the rows' names
 * @returns {{el: HTMLElement, update: (texts: string[][], current?: number) => void}}
 *   update: one list of texts for each row; `current` is marked
 */
export function figureTable({ label, columns, rows }) {
  const cell = (role, text = "") => h("span", { role, text });
  const body = Array.from({ length: rows }, () =>
    columns.map((_, n) => cell(n ? "cell" : "rowheader")));
  const line = (cells) => h("div", { role: "row", class: "cnn-table-row" }, ...cells);
  const lines = body.map(line);
  const el = h("div", { role: "table", class: "cnn-table", "aria-label": label },
    line(columns.map((text) => cell("columnheader", text))), ...lines);
  el.style.setProperty("--table-cols", columns.length - 1);
  return { el, update(texts, current = -1) {
    texts.forEach((row, r) => {
      row.forEach((text, c) => setText(body[r][c], text));
      const now = r === current ? "true" : null;
      if (lines[r].getAttribute("aria-current") === now) return;
      if (now) lines[r].setAttribute("aria-current", now);
      else lines[r].removeAttribute("aria-current");
    });
  } };
}
