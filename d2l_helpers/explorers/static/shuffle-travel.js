/** Pixels that travel from one order to another, on a canvas over a map. */
import { h } from "./dom.js";

const [SIDE, CELL, TIME] = [28, 10, 900];
const ease = (t) => (t < 0.5 ? 4 * t ** 3 : 1 - (2 - 2 * t) ** 3 / 2);

/** @returns {(pixels: ArrayLike<number>, from: (p: number) => number, to: (p: number) => number) => void} */
export function travelOver(map, signal) {
  const canvas = h("canvas", { class: "cnn-layer", width: SIDE * CELL, height: SIDE * CELL, hidden: true, "aria-hidden": "true" });
  map.box.append(canvas);
  const pen = canvas.getContext("2d");
  const greys = Array.from({ length: 256 }, (_, v) => `rgb(${v},${v},${v})`);
  let frame = 0;
  function stop() {
    cancelAnimationFrame(frame);
    frame = 0;
    canvas.hidden = true;
  }
  signal.addEventListener("abort", stop);
  return { stop, go(pixels, from, to) {
    stop();
    const began = performance.now();
    const lit = Array.from(pixels.keys()).filter((p) => pixels[p] > 0);
    const start = Uint16Array.from(lit, from);
    const end = Uint16Array.from(lit, to);
    function step(now) {
      const t = Math.min(1, Math.max(0, (now - began) / TIME));
      if (t === 1) { stop(); return; }
      const e = ease(t);
      pen.fillStyle = "#000";
      pen.fillRect(0, 0, canvas.width, canvas.height);
      for (let n = 0; n < lit.length; n++) {
        const [i, j] = [Math.floor(start[n] / SIDE), start[n] % SIDE];
        const [k, l] = [Math.floor(end[n] / SIDE), end[n] % SIDE];
        pen.fillStyle = greys[pixels[lit[n]]];
        pen.fillRect((j + (l - j) * e) * CELL, (i + (k - i) * e) * CELL, CELL, CELL);
      }
      frame = requestAnimationFrame(step);
    }
    frame = requestAnimationFrame((now) => {
      canvas.hidden = false;
      step(now);
    });
  } };
}
