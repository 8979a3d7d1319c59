/** Parts of the explorer "pooling": outlines over a map, steering by hand or keys, tiles. */
import { valueMap } from "./maps.js";
import { h, setText } from "./dom.js";

const NS = "http://www.w3.org/2000/svg";
const ARROWS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

/** Frames around those cells of a map that are not 0 in a list. */
export function outlines([rows, cols]) {
  const el = document.createElementNS(NS, "svg");
  for (const [name, value] of Object.entries({ viewBox: `0 0 ${cols} ${rows}`, class: "cnn-outlines", "aria-hidden": "true" })) el.setAttribute(name, value);
  const [halo, edge] = ["cnn-outline-halo", "cnn-outline"].map((name) => {
    const path = document.createElementNS(NS, "path");
    path.setAttribute("class", name);
    el.append(path);
    return path;
  });
  let last = "";
  return { el, draw(change) {
    let path = "";
    for (let n = 0; n < change.length; n++) {
      if (change[n] !== 0) path += `M${(n % cols) + 0.12} ${Math.floor(n / cols) + 0.12}h.76v.76h-.76z`;
    }
    if (path === last) return;
    last = path;
    halo.setAttribute("d", path);
    edge.setAttribute("d", path);
  } };
}

/**
 * Let arrows and the pointer act on a picture; no hover.
 * @param {HTMLElement} box @param {[number, number]} shape  its rows and columns
 * @param {{role: string, arrow: (di, dj) => void, home?: () => void,
 *   press: (i, j) => void, drag: (di, dj, i, j) => void}} acts
 *   drag: rows and columns since the press, and where the pointer is
 */
export function steer(box, [rows, cols], { role, arrow, home, press, drag }) {
  box.tabIndex = 0;
  box.setAttribute("role", "application");
  box.setAttribute("aria-roledescription", role);
  box.style.touchAction = "none";
  let from = null;
  const place = ({ clientX, clientY }) => {
    const edge = box.getBoundingClientRect();
    return [((clientY - edge.top) / edge.height) * rows, ((clientX - edge.left) / edge.width) * cols];
  };
  box.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    box.focus({ preventScroll: true });
    box.setPointerCapture(event.pointerId);
    event.preventDefault();
    from = place(event);
    press(...from.map(Math.floor));
  });
  box.addEventListener("pointermove", (event) => {
    if (!from || !(event.buttons & 1)) return;
    const at = place(event);
    drag(...at.map((v, n) => Math.round(v - from[n])), ...at.map(Math.floor));
  });
  for (const end of ["pointerup", "pointercancel"]) box.addEventListener(end, () => { from = null; });
  box.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (ARROWS[event.key]) arrow(...ARROWS[event.key]);
    else if (event.key === "Home" && home) home();
    else return;
    event.preventDefault();
  });
}

/** One way to halve the picture: its small map, its name, three figures. */
export function kindTile(name, choose) {
  const map = valueMap({ name, map: "seq", bare: true });
  map.box.removeAttribute("role");
  map.box.removeAttribute("aria-label");
  const figures = ["cells", "size", "phase"].map((label) => ({ label, out: h("b") }));
  const el = h("button", { type: "button", class: "cnn-tile", onclick: choose }, map.el,
    h("span", {}, h("span", { class: "cnn-tile-name", text: name }),
      ...figures.map(({ label, out }) => h("span", { class: "cnn-figure" }, `${label} `, out))));
  return { el, map, update(pressed, texts) {
    el.setAttribute("aria-pressed", String(pressed));
    texts.forEach((text, n) => setText(figures[n].out, text));
  } };
}
