/** Cells on a canvas, from numbered squares to a fine map: one tab stop, one readout. */
import { h, freshId, setText } from "./dom.js";
import { cellColors } from "./colors.js";

/** What a cell is; a cell's look is a sum of these. */
export const PAD = 1;
export const UNREAD = 2;
export const TAP = 4;
export const SOFT = 8;

const LEAST_NUMBERED = 21; // pixels a side; smaller cells print nothing
const LEAST_FRAME = 14;
const LABEL = [34, 18]; // pixels: room for a number
const ARROWS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0], Home: [0, -1000], End: [0, 1000] };
const TOKENS = ["surface", "hair", "pad", "dim", "num", "muted", "kernel", "kernel-tint", "output", "output-tint"];

/** The page's colours and font, as a canvas needs them. */
export function readTokens(names) {
  const style = getComputedStyle(document.body);
  const tokens = Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--cnn-${name}`).trim()]));
  return { ...tokens, font: style.fontFamily };
}

/** Grey stripes at 135°, for what is padding. */
function stripes(color) {
  const tile = h("canvas", { width: 12, height: 12 });
  const pen = tile.getContext("2d");
  pen.strokeStyle = color;
  pen.lineWidth = 2.2;
  pen.beginPath();
  for (const at of [-12, 0, 12]) { pen.moveTo(at - 1, 13); pen.lineTo(at + 13, -1); }
  pen.stroke();
  return tile;
}

const shades = new Map();
/** [fill, ink] of a cell by its place on the map, 0 to 1; both schemes alike. */
function shade(t) {
  const key = Math.round(t * 255);
  if (!shades.has(key)) shades.set(key, cellColors("seq", false, t));
  return shades.get(key);
}

/**
 * A board of cells in a fixed box.
 * @param {{name: string, role: string, about: string, pick: (i: number, j: number) => void,
 *   move: (di: number, dj: number) => void}} plan  about: what its arrow keys do, for ears
 * @returns {{el, box, update, describe, recolor}}
 */
export function cellBoard({ name, role, about, pick, move }) {
  const id = freshId("board");
  const canvas = h("canvas", { class: "cnn-map", width: 1, height: 1, "aria-hidden": "true" });
  const frame = h("div", { class: "cnn-window", hidden: true });
  const ring = h("div", { class: "cnn-window cnn-pixel", hidden: true });
  const now = h("div", { class: "cnn-now", hidden: true });
  const inner = h("div", { class: "cnn-cells" }, now, frame, ring);
  const message = h("p", { class: "cnn-none", hidden: true });
  const box = h("div", { class: "cnn-mapbox cnn-board", role: "application", tabindex: 0, "aria-roledescription": about }, canvas, inner, message);
  const shape = h("span", { class: "cnn-shape" });
  const el = h("div", { class: `cnn-panel cnn-bar-${role}` }, h("p", { class: "cnn-head", id }, h("b", { text: name }), " ", shape), box);
  const pen = canvas.getContext("2d");
  let drawn = "";
  let tokens = null;
  let hatch = null;
  let [rows, cols, pitch] = [0, 0, 0];

  const labels = new Map();
  function recolor() { [tokens, drawn] = [null, ""]; labels.clear(); }

  function place(overlay, at) {
    overlay.hidden = !at;
    if (!at) return;
    const [wide, high] = [at.cols * pitch, at.rows * pitch];
    const grow = Math.max(0, LEAST_FRAME - Math.min(wide, high)) / 2; // seen even on a fine map
    overlay.style.width = `${wide + 2 * grow}px`;
    overlay.style.height = `${high + 2 * grow}px`;
    overlay.style.transform = `translate(${at.j * pitch - grow}px, ${at.i * pitch - grow}px)`;
  }

  /** Draw cells that need no text: the fill of each, stripes, edges, crosses, rings. */
  function paint({ looks, tint, ringed }, gap) {
    const size = pitch - gap;
    const round = pitch >= 21 ? 4 : pitch >= 14 ? 2 : 0;
    const fills = new Map();
    const into = (color) => fills.get(color) ?? fills.set(color, new Path2D()).get(color);
    const [stripe, plain, dashed, unread, soft, cross, tap] = Array.from({ length: 7 }, () => new Path2D());
    for (let n = 0, i = 0; i < rows; i++) {
      for (let j = 0; j < cols; j++, n++) {
        const look = looks[n];
        const [x, y] = [j * pitch + gap / 2, i * pitch + gap / 2];
        const add = (path, by = 0) => (round ? path.roundRect(x + by, y + by, size - 2 * by, size - 2 * by, Math.max(0, round - by)) : path.rect(x + by, y + by, size - 2 * by, size - 2 * by));
        const shaded = tint && !(look & (PAD | UNREAD));
        const color = shaded ? shade(tint[n])[0] : look & TAP ? tokens["kernel-tint"]
          : look & SOFT ? tokens[pitch < 12 ? "output" : "output-tint"] : tokens.surface;
        add(into(color));
        if (look & PAD) add(stripe);
        if (look & UNREAD) {
          const reach = Math.min(size * 0.5, 11);
          const [cx, cy] = [x + size / 2, y + size / 2];
          for (const sign of [1, -1]) { cross.moveTo(cx - reach, cy - sign * reach); cross.lineTo(cx + reach, cy + sign * reach); }
        }
        if (ringed && look & TAP) add(tap, Math.min(1.25, size / 6));
        if (gap && !shaded) add(look & PAD ? dashed : look & UNREAD ? unread : look & SOFT ? soft : plain, 0.5);
      }
    }
    for (const [color, path] of fills) { pen.fillStyle = color; pen.fill(path); }
    pen.fillStyle = hatch;
    pen.fill(stripe);
    const stroke = (path, color, width, dash = []) => {
      pen.strokeStyle = color;
      pen.lineWidth = width;
      pen.setLineDash(dash);
      pen.stroke(path);
    };
    stroke(plain, tokens.hair, 1);
    stroke(unread, tokens.pad, 1);
    stroke(soft, tokens.output, 1.5);
    if (pitch >= 10) stroke(dashed, tokens.pad, 1, [3, 2.5]);
    pen.globalAlpha = 0.7;
    stroke(cross, tokens.pad, pitch >= 14 ? 1.5 : 1);
    pen.globalAlpha = 1;
    stroke(tap, tokens.kernel, Math.min(2.5, pitch / 4));
  }

  /**
   * A number as a small picture, made once. (Text drawn on a canvas of the page makes the
   * browser work out the page's styles first: too slow for a slider.)
   */
  function label(words, ink, size, scale) {
    const key = `${words} ${ink} ${size}`;
    if (!labels.has(key)) {
      const made = h("canvas", { width: LABEL[0] * scale, height: LABEL[1] * scale });
      const brush = made.getContext("2d");
      brush.scale(scale, scale);
      [brush.font, brush.textAlign, brush.textBaseline, brush.fillStyle] = [`${size}px ${tokens.font}`, "center", "middle", ink];
      brush.fillText(words, LABEL[0] / 2, LABEL[1] / 2 + 1);
      labels.set(key, made);
    }
    return labels.get(key);
  }

  function print({ looks, tint, text }, scale) {
    const size = pitch >= 30 ? 14 : 12;
    const [left, up] = [(pitch - LABEL[0]) / 2, (pitch - LABEL[1]) / 2];
    for (let n = 0, i = 0; i < rows; i++) {
      for (let j = 0; j < cols; j++, n++) {
        const words = text(i, j);
        if (words === "") continue;
        const ink = looks[n] & (PAD | UNREAD) ? tokens.muted : tint ? shade(tint[n])[1] : tokens.num;
        pen.drawImage(label(words, ink, size, scale), j * pitch + left, i * pitch + up, ...LABEL);
      }
    }
  }

  function repaint(view) {
    const { limit: [width, height] } = view;
    const scale = Math.max(2, Math.min(4, globalThis.devicePixelRatio || 1));
    if (!tokens) {
      tokens = readTokens(TOKENS);
      hatch = pen.createPattern(stripes(tokens.dim), "repeat");
      hatch.setTransform(new DOMMatrix().scale(0.5));
    }
    if (canvas.width !== width * scale || canvas.height !== height * scale) {
      [canvas.width, canvas.height] = [width * scale, height * scale];
      labels.clear();
    }
    const [wide, high] = [cols * pitch, rows * pitch];
    const corner = [Math.round((width - wide) / 2), Math.round((height - high) / 2)];
    [inner.style.width, inner.style.height, inner.style.left, inner.style.top] = [wide, high, ...corner].map((v) => `${v}px`);
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, width, height);
    pen.translate(...corner);
    paint(view, pitch >= 18 ? 2 : pitch >= (view.tint ? 7 : 4) ? 1 : 0);
    if (pitch >= LEAST_NUMBERED) print(view, scale);
  }

  /**
   * Draw.
   * @param {{rows, cols, limit: [number, number], most?: number, looks: Uint8Array,
   *   tint?: Float64Array, text: (i, j) => string, ringed?: boolean, shape: string, key: string,
   *   window?: {i, j, rows, cols}, ring?: {i, j, rows, cols}, now?: {i, j}, none?: string}} view
   *   limit: width and height of the box; most: the largest cell; key: says all that the cells
   *   show, and the same key paints nothing; now: the cell of this moment; none: said instead
   */
  function update(view) {
    setText(shape, view.shape);
    inner.hidden = canvas.hidden = Boolean(view.none);
    message.hidden = !view.none;
    setText(message, view.none ?? "");
    const key = `${view.key} ${view.limit}`;
    if (key !== drawn) {
      [box.style.width, box.style.height] = view.limit.map((v) => `${v}px`);
      if (!view.none) {
        [rows, cols] = [view.rows, view.cols];
        const room = Math.min(view.most ?? 34, view.limit[0] / cols, view.limit[1] / rows);
        pitch = room >= 8 ? Math.floor(room) : Math.floor(room * 2) / 2;
        repaint(view);
      }
      drawn = key;
    }
    if (view.none) return;
    place(frame, view.window);
    place(ring, view.ring);
    place(now, view.now && { ...view.now, rows: 1, cols: 1 });
    setText(now, view.now && pitch >= LEAST_NUMBERED ? view.text(view.now.i, view.now.j) : "");
  }

  const at = (event) => {
    const edge = inner.getBoundingClientRect();
    const within = (v, n) => Math.min(n - 1, Math.max(0, Math.floor(v / pitch)));
    return [within(event.clientY - edge.top, rows), within(event.clientX - edge.left, cols)];
  };
  box.addEventListener("pointerdown", (event) => {
    box.focus({ preventScroll: true });
    if (!inner.hidden) pick(...at(event));
  });
  box.addEventListener("pointermove", (event) => { if (event.buttons & 1 && !inner.hidden) pick(...at(event)); });
  box.addEventListener("keydown", (event) => {
    const arrow = ARROWS[event.key];
    if (!arrow || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    if (!inner.hidden) move(...arrow);
  });
  return { el, box, update, recolor, describe: (text) => { if (box.getAttribute("aria-label") !== text) box.setAttribute("aria-label", text); } };
}
