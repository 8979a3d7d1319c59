/** A small line chart as SVG: named lines with dash and marker, one scrub head. */
import { h, show } from "./dom.js";

const NS = "http://www.w3.org/2000/svg";
const DASHES = ["", "7 4", "9 3 2 3", "2 3", "12 3 2 3 2 3"];
const MARKS = ["circle", "square", "triangle", "diamond", "cross"];
const ROLES = ["input", "kernel", "output", "gradient", "guess"];
let cut = 0;

function s(tag, props, ...children) {
  const el = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(props)) {
    if (name === "style") el.style.cssText = value; // a page's policy refuses the attribute
    else el.setAttribute(name, value);
  }
  el.append(...children);
  return el;
}

const PATHS = {
  circle: "M-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0",
  square: "M-3 -3h6v6h-6z",
  triangle: "M0 -4l4 7h-8z",
  diamond: "M0 -4.5l4.5 4.5l-4.5 4.5l-4.5 -4.5z",
  cross: "M-3 -3l6 6M3 -3l-6 6",
};

const filling = (line) => (line.filled ? { style: `fill: var(--cnn-${ROLES[line.role ?? 0]})` } : {});

/** "Nice" ticks between two numbers. */
export function ticks(low, high, most = 5) {
  const raw = (high - low) / most || 1;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((m) => m * power).find((m) => m >= raw * 0.999);
  const out = [];
  for (let v = Math.ceil(low / step - 1e-9) * step; v <= high + step * 1e-9; v += step) out.push(Math.abs(v) < step * 1e-9 ? 0 : v);
  return out;
}

/**
 * @param {{label: string, xLabel?: string, yLabel?: string, log?: boolean, height?: number, wide?: number}} plan  wide: of the drawing, in its own units
 * @returns {{el, draw, describe}}  draw({lines: [{name, role: 0..4, x, y}], x: [low, high],
 *   y: [low, high], head?: number, band?: …, logX?}) ; non-finite values break a line;
 *   a line may have spread: [low, high][] (a whisker for each point), filled: true (marks),
 *   shift: pixels to the right, faint: true
 */
export function lineChart({ label, xLabel = "", yLabel = "", log = false, logX = false, height = 200, wide = 420 }) {
  const [left, right, top, bottom] = [46, 12, 10, 34];
  const clip = `cnn-clip-${++cut}`;
  const svg = s("svg", { viewBox: `0 0 ${wide} ${height}`, class: "cnn-chart", role: "img", "aria-label": label });
  const axes = s("g", { class: "cnn-axes" });
  const lines = s("g", { "clip-path": `url(#${clip})` });
  const head = s("line", { class: "cnn-headline", y1: top, y2: height - bottom });
  svg.append(s("defs", {}, s("clipPath", { id: clip }, s("rect", { x: left - 4, y: top - 6, width: wide - left - right + 8, height: height - top - bottom + 12 }))), axes, lines, head);
  const legend = h("div", { class: "cnn-legend" });
  const el = h("div", { class: "cnn-chartbox" }, svg, legend);
  let axesKey = "";
  let legendKey = "";
  const fx = logX ? (v) => Math.log10(v) : (v) => v;
  const fy = log ? (v) => Math.log10(v) : (v) => v;

  function draw({ lines: all, x, y, head: at, xTicks, yTicks, format = (v) => show(v) }) {
    const sx = (v) => left + ((fx(v) - fx(x[0])) / (fx(x[1]) - fx(x[0]))) * (wide - left - right);
    const sy = (v) => height - bottom - ((fy(v) - fy(y[0])) / (fy(y[1]) - fy(y[0]))) * (height - top - bottom);
    const key = JSON.stringify([x, y, xTicks, yTicks]);
    if (key !== axesKey) {
      axesKey = key;
      axes.replaceChildren();
      const powers = (low, high) => { const out = []; for (let p = Math.ceil(Math.log10(low) - 1e-9); 10 ** p <= high * 1.001; p++) out.push(10 ** p); return out; };
      for (const v of yTicks ?? (log ? powers(y[0], y[1]) : ticks(y[0], y[1], 4))) {
        axes.append(s("line", { x1: left, x2: wide - right, y1: sy(v), y2: sy(v) }));
        const text = s("text", { x: left - 6, y: sy(v) + 4, "text-anchor": "end" });
        text.textContent = log && (v < 0.01 || v > 9999) ? `1e${String(Math.round(Math.log10(v))).replace("-", "−")}` : format(Math.round(v * 1e6) / 1e6);
        axes.append(text);
      }
      for (const v of xTicks ?? (logX ? powers(x[0], x[1]) : ticks(x[0], x[1], 5))) {
        const text = s("text", { x: sx(v), y: height - bottom + 16, "text-anchor": "middle" });
        text.textContent = Math.round(v * 1e6) / 1e6 >= 1000 ? (v).toLocaleString("en-US") : show(Math.round(v * 1e6) / 1e6);
        axes.append(text);
      }
      const words = s("text", { x: wide - right, y: height - 4, "text-anchor": "end", class: "cnn-axis-name" });
      words.textContent = xLabel;
      const upright = s("text", { x: 0, y: 0, transform: `translate(11 ${top + 2}) rotate(-90)`, "text-anchor": "end", class: "cnn-axis-name" });
      upright.textContent = yLabel;
      axes.append(words, upright);
    }
    lines.replaceChildren();
    for (const line of all) {
      const role = line.role ?? 0;
      let path = "";
      let pen = "M";
      let whiskers = "";
      const marks = s("g", { class: `cnn-marks cnn-stroke-${ROLES[role]}`, ...filling(line) });
      for (let n = 0; n < line.x.length; n++) {
        if (!Number.isFinite(line.y[n]) || (log && line.y[n] <= 0)) { pen = "M"; continue; }
        const [px, py] = [(sx(line.x[n]) + (line.shift ?? 0)).toFixed(1), Math.max(-99, Math.min(999, sy(line.y[n]))).toFixed(1)];
        path += `${pen}${px} ${py}`;
        pen = "L";
        if (line.spread) whiskers += `M${px} ${sy(line.spread[n][0]).toFixed(1)}V${sy(line.spread[n][1]).toFixed(1)}`;
        if (line.x.length <= 20) marks.append(s("path", { d: PATHS[MARKS[role]], transform: `translate(${px} ${py})` }));
      }
      lines.append(s("path", { d: path || "M0 0", class: `cnn-curve cnn-stroke-${ROLES[role]}`, "stroke-dasharray": DASHES[role], opacity: line.faint ? 0.35 : 1 }));
      if (whiskers) lines.append(s("path", { d: whiskers, class: `cnn-curve cnn-stroke-${ROLES[role]}` }));
      lines.append(marks);
    }
    const shown = at !== undefined && at !== null;
    head.style.display = shown ? "" : "none";
    if (shown) { head.setAttribute("x1", sx(at)); head.setAttribute("x2", sx(at)); }
    const names = JSON.stringify(all.map((line) => [line.name, line.role, line.filled]));
    if (names !== legendKey) {
      legendKey = names;
      legend.replaceChildren(...all.filter((line) => line.name).map((line) => {
        const role = line.role ?? 0;
        const sample = s("svg", { viewBox: "0 0 34 12", class: "cnn-key", "aria-hidden": "true" },
          s("path", { d: "M1 6H33", class: `cnn-curve cnn-stroke-${ROLES[role]}`, "stroke-dasharray": DASHES[role] }),
          s("g", { class: `cnn-marks cnn-stroke-${ROLES[role]}`, ...filling(line) }, s("path", { d: PATHS[MARKS[role]], transform: "translate(17 6)" })));
        return h("span", { class: "cnn-legend-item" }, sample, h("span", { text: line.name }));
      }));
    }
  }
  return { el, draw, describe: (text) => svg.setAttribute("aria-label", text) };
}
