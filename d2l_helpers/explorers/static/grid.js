/** A grid of numbers: one tab stop, arrows, a window that slides over it. */
import { h, freshId, setText } from "./dom.js";
import { readNumber } from "./numbers.js";

/** About how wide a text is, in ems of the widest common face. */
const ems = (text) => [...text].reduce((sum, c) => sum + (c === "−" ? 0.84 : ".,·".includes(c) ? 0.36 : 0.66), 0);
const ARROWS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

/**
 * @param {{name: string, role: "input"|"kernel"|"output"|"gradient"|"ink", editable?: boolean,
 *   pick?: (i: number, j: number) => void, edit?: (i: number, j: number, v: number) => void,
 *   limit?: () => number, warn?: (text: string) => void,
 *   move?: (di: number, dj: number, event: KeyboardEvent) => boolean|void, shadow?: boolean}} plan
 *   pick: a cell was clicked, or focus moved to it by keys; edit: a number was typed,
 *   within ±limit(); warn: says what was typed instead, "" for nothing to say;
 *   move: arrows do this instead of moving the focus (return true when handled).
 * @returns {{el, update, focus, cell}}
 */
export function numberGrid({ name, role, editable = false, pick, edit, limit = () => Infinity, warn = () => {}, move }) {
  const id = freshId("grid");
  const shape = h("span", { class: "cnn-shape" });
  const head = h("p", { class: "cnn-head", id }, h("b", { text: name }), " ", shape);
  const body = h("div", { class: "cnn-grid", role: "grid", "aria-labelledby": id, "data-role": role });
  const frame = h("div", { class: "cnn-window", hidden: true, "aria-hidden": "true" });
  const el = h("div", { class: `cnn-panel cnn-bar-${role}` }, head, h("div", { class: "cnn-gridbox" }, body, frame));
  let [rows, cols] = [0, 0];
  let cells = [];
  let last = [];
  let focused = [0, 0];
  let editing = null;
  let print = 0;

  function build(r, c) {
    [rows, cols] = [r, c];
    last = [];
    focused = [Math.min(focused[0], r - 1), Math.min(focused[1], c - 1)];
    cells = Array.from({ length: r }, (_, i) => Array.from({ length: c }, (_, j) =>
      h("div", { role: "gridcell", class: "cnn-cell", tabindex: -1, "data-i": i, "data-j": j })));
    body.replaceChildren(...cells.map((row) => h("div", { role: "row", class: "cnn-row" }, ...row)));
    body.style.setProperty("--cols", c);
    el.style.setProperty("--cols", c);
    body.setAttribute("aria-rowcount", r);
    body.setAttribute("aria-colcount", c);
    cells[focused[0]][focused[1]].tabIndex = 0;
  }

  function setFocus(i, j, grab) {
    cells[focused[0]]?.[focused[1]]?.setAttribute("tabindex", "-1");
    focused = [i, j];
    cells[i][j].tabIndex = 0;
    if (grab) cells[i][j].focus({ preventScroll: false });
  }

  /**
   * Draw. Only what differs is touched.
   * @param {{rows: number, cols: number, text: (i, j) => string, label?: (i, j) => string,
   *   look?: (i, j) => string, fill?: (i, j) => [string, string]|null, shape?: string,
   *   window?: {i, j, rows, cols}|null, at?: [number, number]}} view
   *   look: class names ("covered", "padding", "unused", "current", "tocome", "picked", "guess");
   *   fill: background and text colour; window: a kernel-coloured frame; at: the tab stop.
   */
  function update(view) {
    if (view.rows !== rows || view.cols !== cols) { stopEdit(); build(view.rows, view.cols); }
    let widest = 1;
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < cols; j++) {
        const n = i * cols + j;
        const text = view.text(i, j);
        const look = view.look?.(i, j) ?? "";
        const [back, ink] = view.fill?.(i, j) ?? ["", ""];
        const label = `row ${i}, column ${j}: ${view.label?.(i, j) ?? text}`;
        const old = (last[n] ??= {});
        if (old.said !== text) [old.said, old.ems] = [text, ems(text)]; // kept: grids are drawn often
        widest = Math.max(widest, old.ems);
        const cell = cells[i][j];
        if (old.text !== text && editing?.cell !== cell) { cell.textContent = text; old.text = text; }
        if (old.look !== look) {
          cell.className = `cnn-cell ${editable ? "cnn-editable " : ""}${look && look.split(" ").map((c) => `is-${c}`).join(" ")}`;
          old.look = look;
        }
        if (old.back !== back) {
          cell.style.background = back;
          cell.style.color = ink;
          cell.classList.toggle("is-filled", back !== "");
          old.back = back;
        }
        if (old.label !== label) { cell.setAttribute("aria-label", label); old.label = label; }
      }
    }
    if (widest !== print) body.style.setProperty("--ems", (print = widest)); // the style sheet makes it fit
    setText(shape, view.shape ?? `${rows} × ${cols}`);
    const box = view.window;
    frame.hidden = !box;
    if (box) {
      frame.style.width = `${(100 * box.cols) / cols}%`;
      frame.style.height = `${(100 * box.rows) / rows}%`;
      frame.style.transform = `translate(${(100 * box.j) / box.cols}%, ${(100 * box.i) / box.rows}%)`;
    }
    if (view.at && (view.at[0] !== focused[0] || view.at[1] !== focused[1])) {
      setFocus(view.at[0], view.at[1], body.contains(document.activeElement));
    }
  }

  function startEdit(i, j, first) {
    stopEdit();
    const cell = cells[i][j];
    const field = h("input", { type: "text", class: "cnn-edit", autocomplete: "off",
      "aria-label": `${name}, row ${i}, column ${j}` });
    field.value = first ?? cell.textContent.replace("−", "-");
    editing = { cell, i, j, field, before: cell.textContent, rest: first === undefined ? field.value : null };
    cell.replaceChildren(field);
    field.focus();
    if (first === undefined) field.select();
    field.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Escape") { stopEdit(); setFocus(i, j, true); }
      else if (event.key === "Enter") { commit(); setFocus(i, j, true); }
      else if (event.key === "ArrowUp" || event.key === "ArrowDown") {
        event.preventDefault();
        const { value: now } = readNumber(field.value);
        if (now !== undefined) field.value = String(Math.round((now + (event.key === "ArrowUp" ? 1 : -1)) * 1e6) / 1e6);
      }
    });
    field.addEventListener("blur", () => { if (editing?.field === field) commit(); });
  }
  function stopEdit() {
    if (!editing) return;
    const { cell, before } = editing;
    editing = null;
    cell.textContent = before;
  }
  function commit() {
    const { i, j, field, rest } = editing;
    const text = field.value.trim();
    const { value, ask } = readNumber(text, { rank: (v) => Number(Math.abs(v) <= limit()) });
    stopEdit();
    if (text === "" || text === rest) return; // a rounded number that was only looked at stays
    if (ask) { warn(ask); return; }
    const most = limit();
    edit?.(i, j, Math.max(-most, Math.min(most, value)));
    warn(Math.abs(value) > most ? `At most ±${most}.` : "");
  }

  const place = (event) => {
    const cell = event.target.closest?.(".cnn-cell");
    return cell && body.contains(cell) ? [Number(cell.dataset.i), Number(cell.dataset.j)] : null;
  };
  body.addEventListener("click", (event) => {
    const at = place(event);
    if (!at || event.target === editing?.field) return;
    const again = at[0] === focused[0] && at[1] === focused[1] && document.activeElement === cells[at[0]][at[1]];
    setFocus(at[0], at[1], true);
    pick?.(at[0], at[1]);
    if (editable && (again || !pick)) startEdit(at[0], at[1]);
  });
  body.addEventListener("mousedown", (event) => {
    // the click decides on the focus; a second click on the focused cell edits
    if (place(event) && event.target !== editing?.field) event.preventDefault();
  });
  body.addEventListener("keydown", (event) => {
    const at = place(event);
    if (!at || event.ctrlKey || event.metaKey || event.altKey) return;
    const [i, j] = at;
    const arrow = ARROWS[event.key];
    if (arrow) {
      event.preventDefault();
      if (move?.(arrow[0], arrow[1], event)) return;
      go(clamp(i + arrow[0], rows), clamp(j + arrow[1], cols));
    } else if (event.key === "Home" || event.key === "End") {
      event.preventDefault();
      const by = event.key === "Home" ? -1 : 1;
      if (!move?.(0, by * 1000, event)) go(i, by < 0 ? 0 : cols - 1);
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (editable) startEdit(i, j);
      else pick?.(i, j);
    } else if (editable && /^[-−0-9.]$/.test(event.key) && !(event.key === "." && !edit)) {
      if (event.key === ".") return; // "." steps
      event.preventDefault();
      startEdit(i, j, event.key);
    }
  });
  const clamp = (v, n) => Math.min(n - 1, Math.max(0, v));
  function go(i, j) {
    setFocus(i, j, true);
    if (!editable) pick?.(i, j);
  }
  return { el, update, focus: () => cells[focused[0]]?.[focused[1]]?.focus(), cell: (i, j) => cells[i]?.[j], box: body };
}
