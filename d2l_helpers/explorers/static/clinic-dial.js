/** One dial of the clinic: a switch, a small chart of two runs, and both values in numbers. */
import { h, setText } from "./dom.js";

const NS = "http://www.w3.org/2000/svg";
function s(tag, props) {
  const el = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(props)) el.setAttribute(name, value);
  return el;
}
const SIGNS = ["classic", "mend"];

/** A switch with the dial's name, over what it switches on. */
export function switchable({ name, about, flip }, ...body) {
  const shape = h("span", { class: "cnn-shape" });
  const button = h("button", { type: "button", class: "cnn-dial-switch", role: "switch", title: about, onclick: flip },
    h("span", { class: "cnn-knob", "aria-hidden": "true" }), h("b", { text: name }), " ", shape);
  const off = h("p", { class: "cnn-dial-off", text: about });
  const on = h("div", { class: "cnn-dial-on" }, ...body);
  const el = h("div", { class: "cnn-dial" }, button, off, on);
  return { el, shape: (text) => setText(shape, text), set(lit) {
    button.setAttribute("aria-checked", String(lit));
    el.classList.toggle("is-lit", lit);
  } };
}

/**
 * @param {{name: string, about: string, low: number, high: number, log?: boolean,
 *   marks?: number[], flip: () => void, scrub: (share: number) => void,
 *   format: (v: number) => string}} plan  marks: values with a line across; scrub: the chart was
 *   clicked or dragged at that share of its width
 */
export function dial({ name, about, low, high, log = false, marks = [], flip, scrub, format }) {
  const f = log ? Math.log10 : (v) => v;
  const up = (v) => 100 * Math.min(1.04, Math.max(-0.04, (f(high) - f(Math.max(v, 1e-9))) / (f(high) - f(low))));
  const svg = s("svg", { viewBox: "0 0 100 100", preserveAspectRatio: "none", class: "cnn-dial-chart", "aria-hidden": "true" });
  for (const v of [low, ...marks, high]) svg.append(s("line", { x1: 0, x2: 100, y1: up(v), y2: up(v), class: "cnn-dial-grid" }));
  const curves = SIGNS.map((sign) => {
    const curve = s("path", { class: `cnn-dial-curve cnn-run-${sign}`, d: "" });
    svg.append(curve);
    return curve;
  });
  const head = h("div", { class: "cnn-dial-head", "aria-hidden": "true" });
  const dots = SIGNS.map((sign) => h("div", { class: `cnn-dial-dot cnn-run-${sign}`, "aria-hidden": "true" }));
  const plot = h("div", { class: "cnn-dial-plot" }, svg, head, ...dots);
  const power = (v) => (log ? `10${[...String(Math.round(Math.log10(v)))].map((c) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[c] ?? "⁻").join("")}` : String(v));
  const ends = h("div", { class: "cnn-dial-ends", "aria-hidden": "true" }, h("span", { text: power(high) }), h("span", { text: power(low) }));
  const [first, last] = [h("span"), h("span")];
  const feet = h("div", { class: "cnn-dial-feet", "aria-hidden": "true" }, first, last);
  const values = SIGNS.map((sign) => h("b"));
  const names = SIGNS.map(() => h("span"));
  const rows = SIGNS.map((sign, n) => h("p", { class: "cnn-dial-value" },
    h("i", { class: `cnn-dial-dot cnn-run-${sign}`, "aria-hidden": "true" }), names[n], values[n]));
  const body = switchable({ name, about, flip }, h("div", { class: "cnn-dial-box" }, ends, plot, feet), ...rows);
  const at = (event) => {
    const edge = plot.getBoundingClientRect();
    scrub(Math.min(1, Math.max(0, (event.clientX - edge.left) / edge.width)));
  };
  plot.addEventListener("pointerdown", at);
  plot.addEventListener("pointermove", (event) => { if (event.buttons & 1) at(event); });
  let drawn = "";

  /** The curves: x from 0 to 1, one list of values a run; null where there is nothing. */
  function lines(x, runs, left, right, key) {
    if (key === drawn) return;
    drawn = key;
    setText(first, left);
    setText(last, right);
    runs.forEach((ys, n) => {
      curves[n].setAttribute("d", ys ? ys.map((y, m) => `${m ? "L" : "M"}${(100 * x[m]).toFixed(1)} ${up(y).toFixed(1)}`).join("") : "");
    });
  }
  /** The scrub head, or null for none, and the two values there. */
  function read(share, pair, labels) {
    head.hidden = share === null;
    if (share !== null) head.style.left = `${100 * share}%`;
    pair.forEach((value, n) => {
      const none = value === null || value === undefined;
      dots[n].hidden = none || share === null;
      if (!dots[n].hidden) {
        dots[n].style.left = `${100 * share}%`;
        dots[n].style.top = `${up(value)}%`;
      }
      setText(names[n], labels[n]);
      setText(values[n], none ? "none" : format(value));
    });
  }
  return { ...body, lines, read };
}
