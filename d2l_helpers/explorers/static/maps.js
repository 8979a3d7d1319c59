/** Pictures and maps on canvases: one pixel a value, one crosshair with a readout. */
import { h, freshId, setText, show } from "./dom.js";
import { palette, isDark } from "./colors.js";

const ARROWS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

/**
 * A map of values. With `move` it has a crosshair that arrows, mouse and touch move.
 * @param {{name: string, role?: string, map?: "gray"|"seq"|"div", label?: string,
 *   move?: (i: number, j: number) => void, paint?: (i: number, j: number, first: boolean) => void,
 *   enter?: () => void, bare?: boolean}} plan
 *   paint: dragging does this (drawing); bare: no name above it
 * @returns {{el, draw, cross, shape}}
 */
export function valueMap({ name, role = "input", map = "gray", label, move, paint, enter, bare = false }) {
  const id = freshId("map");
  const canvas = h("canvas", { class: "cnn-map", width: 1, height: 1, "aria-hidden": "true" });
  const frame = h("div", { class: "cnn-cross", hidden: true, "aria-hidden": "true" });
  const active = move || paint;
  const box = h("div", { class: "cnn-mapbox" }, canvas, frame);
  box.setAttribute("aria-label", label ?? name);
  box.setAttribute("role", active ? "application" : "img");
  if (active) {
    box.tabIndex = 0;
    box.setAttribute("aria-roledescription", "picture; arrow keys move over it");
  }
  const shape = h("span", { class: "cnn-shape" });
  const head = h("p", { class: "cnn-head", id }, h("b", { text: name }), " ", shape);
  const el = h("div", { class: `cnn-panel cnn-bar-${role}${bare ? " cnn-bare" : ""}` }, ...(bare ? [] : [head]), box);
  let [rows, cols] = [0, 0];
  let at = [0, 0];
  let image = null;
  let pixels = null;
  const context = canvas.getContext("2d");

  /**
   * Draw values (flat, row by row) between two limits.
   * @param {ArrayLike<number>} values  @param {number} r rows  @param {number} c columns
   * @param {number} low  @param {number} high  shown as the ends of the colour map
   * @param {"gray"|"seq"|"div"} [kind]  another colour map than the plan's
   */
  function draw(values, r, c, low, high, kind = map) {
    if (r !== rows || c !== cols) {
      [rows, cols] = [r, c];
      canvas.width = c;
      canvas.height = r;
      box.style.aspectRatio = `${c} / ${r}`;
      image = context.createImageData(c, r);
      pixels = new Uint32Array(image.data.buffer);
      setText(shape, `${r} × ${c}`);
    }
    const colors = palette(kind, isDark(box));
    const scale = high > low ? 255 / (high - low) : 0;
    for (let n = 0; n < pixels.length; n++) {
      const t = (values[n] - low) * scale;
      pixels[n] = colors[t > 255 ? 255 : t > 0 ? (t + 0.5) | 0 : 0];
    }
    context.putImageData(image, 0, 0);
  }

  /** Draw colours: red, green and blue planes of values 0 to 255. */
  function drawColors(red, green, blue, r, c) {
    draw(red, r, c, 0, 255); // sets the size
    for (let n = 0; n < pixels.length; n++) {
      const b = (v) => (v > 255 ? 255 : v > 0 ? v | 0 : 0);
      pixels[n] = (255 << 24) | (b(blue[n]) << 16) | (b(green[n]) << 8) | b(red[n]);
    }
    context.putImageData(image, 0, 0);
  }

  /** Show the frame over rows i…i+h−1, columns j…j+w−1 (fractions allowed), or hide it. */
  function cross(i, j, height = 1, width = 1) {
    frame.hidden = i === null || i === undefined;
    if (frame.hidden) return;
    at = [i, j];
    frame.style.width = `${(100 * width) / cols}%`;
    frame.style.height = `${(100 * height) / rows}%`;
    // about its middle: a frame of one small pixel is drawn larger than the pixel
    frame.style.top = `${(100 * (i + height / 2)) / rows}%`;
    frame.style.left = `${(100 * (j + width / 2)) / cols}%`;
    frame.style.transform = "translate(-50%, -50%)";
  }

  const limit = (v, n) => Math.min(n - 1, Math.max(0, v));
  const place = (event) => {
    const edge = box.getBoundingClientRect();
    return [limit(Math.floor(((event.clientY - edge.top) / edge.height) * rows), rows),
      limit(Math.floor(((event.clientX - edge.left) / edge.width) * cols), cols)];
  };
  let cursor = [0, 0];
  if (active) {
    box.addEventListener("pointerdown", (event) => {
      box.focus({ preventScroll: true });
      if (paint) { box.setPointerCapture(event.pointerId); event.preventDefault(); }
      const [i, j] = (cursor = place(event));
      paint?.(i, j, true);
      move?.(i, j);
    });
    box.addEventListener("pointermove", (event) => {
      const [i, j] = place(event);
      if (paint && event.buttons & 1) { cursor = [i, j]; paint(i, j, false); }
      else if (move && (event.pointerType === "mouse" || event.buttons & 1)) { cursor = [i, j]; move(i, j); }
    });
    if (paint) box.style.touchAction = "none";
    box.addEventListener("keydown", (event) => {
      const arrow = ARROWS[event.key];
      if (arrow) {
        const by = event.shiftKey ? 5 : 1;
        cursor = [limit(cursor[0] + by * arrow[0], rows), limit(cursor[1] + by * arrow[1], cols)];
      } else if (event.key === "Home") cursor = [cursor[0], 0];
      else if (event.key === "End") cursor = [cursor[0], cols - 1];
      else if (event.key === "Enter" || (paint && event.key === " ")) {
        event.preventDefault();
        if (paint) paint(cursor[0], cursor[1], true);
        else enter?.();
        return;
      } else return;
      event.preventDefault();
      move?.(cursor[0], cursor[1]);
      if (paint && !move) cross(cursor[0], cursor[1]);
    });
  }
  return { el, box, draw, drawColors, cross, at: () => at, cursorAt: (i, j) => { cursor = [i, j]; },
    describe: (text) => { if (box.getAttribute("aria-label") !== text) box.setAttribute("aria-label", text); } };
}

/** A scale that names the ends of a colour map. */
export function mapScale(map) {
  const [low, high] = [h("span"), h("span")];
  const canvas = h("canvas", { class: "cnn-scale-bar", width: 256, height: 1, "aria-hidden": "true" });
  const note = h("span", { class: "cnn-shape" });
  const el = h("p", { class: "cnn-scale" }, low, canvas, high, note);
  const context = canvas.getContext("2d");
  const image = context.createImageData(256, 1);
  return { el, update(from, to, text = "", kind = map) {
    setText(low, typeof from === "number" ? show(from) : from);
    setText(high, typeof to === "number" ? show(to) : to);
    setText(note, text);
    new Uint32Array(image.data.buffer).set(palette(kind, isDark(canvas)));
    context.putImageData(image, 0, 0);
  } };
}
