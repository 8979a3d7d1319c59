/** The loss seen from above: contours around the right kernel, and the way taken so far. */
import { h } from "./dom.js";

const NS = "http://www.w3.org/2000/svg";
const SIDE = 200;
const RINGS = [0.12, 0.27, 0.45, 0.66, 0.9, 1.2];

function s(tag, props) {
  const el = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(props)) el.setAttribute(name, value);
  return el;
}

/** @returns {{el, frame, draw}} */
export function bowlView() {
  const svg = s("svg", { viewBox: `0 0 ${SIDE} ${SIDE}`, class: "cnn-bowl", role: "img", "aria-label": "" });
  const middle = SIDE / 2;
  const rings = RINGS.map(() => s("ellipse", { cx: middle, cy: middle }));
  const axes = [s("line", { x1: 0, x2: SIDE, y1: middle, y2: middle, class: "cnn-bowl-axis" }),
    s("line", { y1: 0, y2: SIDE, x1: middle, x2: middle, class: "cnn-bowl-axis" })];
  const way = s("polyline", { class: "cnn-bowl-way" });
  const from = s("circle", { r: 4, class: "cnn-bowl-from" });
  const goal = s("path", { d: `M${middle - 5} ${middle}h10M${middle} ${middle - 5}v10`, class: "cnn-bowl-goal" });
  const now = s("circle", { r: 6, class: "cnn-bowl-now" });
  svg.append(...rings, ...axes, way, from, goal, now);
  const shape = h("span", { class: "cnn-shape", text: "from above" });
  const el = h("div", { class: "cnn-panel cnn-bowlbox" }, h("p", { class: "cnn-head" }, h("b", { text: "Loss" }), " ", shape), svg,
    h("p", { class: "cnn-shape", text: "↔ steepest   ↕ flattest   + wanted" }));
  let reach = 1;
  const x = (u) => Math.max(-999, Math.min(1999, middle + (u / reach) * middle)).toFixed(1);

  /** Scale and contours: once for a case and a start. */
  function frame([u, v], steep, flat) {
    reach = 1.15 * Math.max(Math.abs(u), Math.abs(v), 1e-6);
    const stretch = flat > 0 ? Math.sqrt(steep / flat) : 1e4;
    RINGS.forEach((size, n) => {
      rings[n].setAttribute("rx", (size * middle) / Math.sqrt(stretch > 50 ? 4 : stretch));
      rings[n].setAttribute("ry", Math.min(1e5, (size * middle * stretch) / Math.sqrt(stretch > 50 ? 4 : stretch)));
    });
  }

  /** @param {[number, number][]} path  how far off, along both directions */
  function draw(path, text) {
    const shown = path.length > 300 ? path.filter((_, n) => n < 150 || n % Math.ceil(path.length / 150) === 0 || n === path.length - 1) : path;
    way.setAttribute("points", shown.map(([u, v]) => `${x(u)},${x(-v)}`).join(" "));
    for (const [dot, [u, v]] of [[from, path[0]], [now, path.at(-1)]]) {
      dot.setAttribute("cx", x(u));
      dot.setAttribute("cy", x(-v));
    }
    svg.setAttribute("aria-label", text);
  }
  return { el, frame, draw };
}
