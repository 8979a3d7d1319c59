/** Many small maps on one canvas, side by side: one tab stop, one putImageData. */
import { h, freshId, setText } from "./dom.js";

const ARROWS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
const GAP = 2; // canvas pixels between maps

/**
 * @param {{name: string, shape?: string, role?: string, label?: string,
 *   pick?: (unit: number, first: boolean) => void}} plan  pick: a unit was clicked or dragged to
 *   (first: not dragged), or arrows moved to it; units count through all maps, row by row
 * @returns {{el, box, layout, draw, frames, select, shape, describe, canvas}}
 */
export function atlas({ name, shape = "", role = "ink", label = name, pick }) {
  const canvas = h("canvas", { class: "cnn-map", width: 1, height: 1, "aria-hidden": "true" });
  const box = h("div", { class: "cnn-mapbox cnn-atlas" }, canvas);
  box.setAttribute("role", pick ? "application" : "img");
  box.setAttribute("aria-label", label);
  if (pick) {
    box.tabIndex = 0;
    box.setAttribute("aria-roledescription", "maps; arrow keys move over the units");
  }
  const size = h("span", { class: "cnn-shape", text: shape });
  const head = h("p", { class: "cnn-head", id: freshId("atlas") }, h("b", { text: name }), " ", size);
  const el = h("div", { class: `cnn-panel cnn-bar-${role}` }, head, box);
  const context = canvas.getContext("2d");
  let [maps, rows, cols, across, side, scale, wide, high] = [0, 0, 0, 1, 1, 1, 0, 0];
  let [image, pixels, corners] = [null, null, null];
  let chosen = 0;
  const marks = {};

  /** How many maps of which size, how many side by side, and how many pixels wide a unit is. */
  function layout(next) {
    if (next.maps === maps && next.rows === rows && next.cols === cols && next.across === across && next.side === side) return;
    ({ maps, rows, cols, across, side } = next);
    scale = maps > 1 ? side : 1; // without gaps the style sheet enlarges it
    wide = across * (cols * scale + GAP) - GAP;
    high = Math.ceil(maps / across) * (rows * scale + GAP) - GAP;
    canvas.width = wide;
    canvas.height = high;
    const zoom = side / scale;
    box.style.setProperty("--size", `${zoom * wide + 2}px`);
    box.style.aspectRatio = `${zoom * wide + 2} / ${zoom * high + 2}`;
    image = context.createImageData(wide, high);
    pixels = new Uint32Array(image.data.buffer);
    corners = new Int32Array(maps * rows * cols);
    for (let unit = 0; unit < corners.length; unit++) {
      const [x, y] = corner(unit);
      corners[unit] = y * wide + x;
    }
  }

  /** Where a unit's square begins on the canvas. */
  function corner(unit) {
    const [map, i, j] = place(unit);
    return [(map % across) * (cols * scale + GAP) + j * scale,
      Math.floor(map / across) * (rows * scale + GAP) + i * scale];
  }
  const place = (unit) => [Math.floor(unit / (rows * cols)), Math.floor(unit / cols) % rows, unit % cols];

  /** Values of all maps, one after the other, between the ends of 256 colours. */
  function draw(values, colors, low, top) {
    const factor = top > low ? 255 / (top - low) : 0;
    const jump = wide - scale;
    for (let unit = 0; unit < corners.length; unit++) {
      const t = (values[unit] - low) * factor;
      const color = colors[t > 255 ? 255 : t > 0 ? (t + 0.5) | 0 : 0];
      let at = corners[unit];
      for (let a = 0; a < scale; a++, at += jump) {
        for (let b = 0; b < scale; b++) pixels[at++] = color;
      }
    }
    context.putImageData(image, 0, 0);
  }

  /**
   * Frames over the maps. @param {string} kind  a class name
   * @param {{map: number, i: number, j: number, rows: number, cols: number}[] | "all"} list
   *   parts outside their map are cut off
   */
  function frames(kind, list) {
    const boxes = list === "all" ? [null] : list;
    const own = (marks[kind] ??= []);
    while (own.length < boxes.length) {
      own.push(h("div", { class: `cnn-frame cnn-frame-${kind}`, "aria-hidden": "true" }));
      box.append(own.at(-1));
    }
    own.forEach((mark, n) => {
      mark.hidden = n >= boxes.length;
      if (mark.hidden) return;
      let [x, y, width, height] = [0, 0, wide, high];
      if (boxes[n]) {
        const { map, i, j } = boxes[n];
        const [top, left] = [Math.max(0, i), Math.max(0, j)];
        [x, y] = corner((map * rows + top) * cols + left);
        width = (Math.min(cols, j + boxes[n].cols) - left) * scale;
        height = (Math.min(rows, i + boxes[n].rows) - top) * scale;
      }
      mark.style.left = `${(100 * x) / wide}%`;
      mark.style.top = `${(100 * y) / high}%`;
      mark.style.width = `${(100 * width) / wide}%`;
      mark.style.height = `${(100 * height) / high}%`;
    });
  }

  /** The unit under the pointer; the nearest one over a gap. */
  function under(event) {
    const edge = canvas.getBoundingClientRect();
    const x = ((event.clientX - edge.left) / edge.width) * wide;
    const y = ((event.clientY - edge.top) / edge.height) * high;
    const step = (at, n, count) => {
      const block = Math.min(count - 1, Math.max(0, Math.floor(at / (n * scale + GAP))));
      return [block, Math.min(n - 1, Math.max(0, Math.floor((at - block * (n * scale + GAP)) / scale)))];
    };
    const [right, j] = step(x, cols, across);
    const [down, i] = step(y, rows, Math.ceil(maps / across));
    return (Math.min(maps - 1, down * across + right) * rows + i) * cols + j;
  }
  /** The unit by that many rows and columns further, over the gaps, or the last one before the edge. */
  function beside(unit, di, dj) {
    const [map, i, j] = place(unit);
    const row = Math.floor(map / across) * rows + i + di;
    const column = (map % across) * cols + j + dj;
    const r = Math.min(Math.ceil(maps / across) * rows - 1, Math.max(0, row));
    const c = Math.min(across * cols - 1, Math.max(0, column));
    const next = Math.floor(r / rows) * across + Math.floor(c / cols);
    return (Math.min(maps - 1, next) * rows + (r % rows)) * cols + (c % cols);
  }
  if (pick) {
    box.addEventListener("pointerdown", (event) => {
      box.focus({ preventScroll: true });
      pick((chosen = under(event)), true);
    });
    box.addEventListener("pointermove", (event) => {
      if (!(event.buttons & 1) || event.pointerType === "touch") return;
      const unit = under(event);
      if (unit !== chosen) pick((chosen = unit), false);
    });
    box.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const arrow = ARROWS[event.key];
      const by = event.shiftKey ? 5 : 1;
      let next = chosen;
      if (arrow) next = beside(chosen, by * arrow[0], by * arrow[1]);
      else if (event.key === "Home") next = chosen - (chosen % cols);
      else if (event.key === "End") next = chosen - (chosen % cols) + cols - 1;
      else if (event.key !== "Enter") return;
      event.preventDefault();
      pick((chosen = next), false);
    });
  }
  return {
    el, box, canvas, layout, draw, frames, under,
    /** Where the arrows start from. */
    select(unit) { chosen = unit; },
    shape(text) { setText(size, text); },
    rename(text) { setText(head.firstChild, text); },
    describe(text) { if (box.getAttribute("aria-label") !== text) box.setAttribute("aria-label", text); },
  };
}
