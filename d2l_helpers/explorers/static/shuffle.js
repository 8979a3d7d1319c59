/** One secret permutation of the pixels: what it does to a garment, an MLP and LeNet. */
import { createFrame } from "./frame.js";
import { valueMap } from "./maps.js";
import { slider, segmented, prediction } from "./controls.js";
import { lineChart } from "./chart.js";
import { figureTable } from "./table.js";
import { onScheme } from "./colors.js";
import { whole, flag, choice } from "./store.js";
import { h, fixed, group, setText, reducedMotion } from "./dom.js";
import { decodeBytes } from "./nets.js";
import { checkLength } from "./checks.js";
import { NETS, LAYOUTS, readRuns, whoMoves, explainMove, comparison, change, setting } from "./shuffle-runs.js";
import { travelOver } from "./shuffle-travel.js";

const SIDE = 28;
const PIXELS = SIDE * SIDE;
const GARMENTS = 12;
const STOPS = 10;
export const schema = {
  shuffled: flag(),
  garment: whole(0, GARMENTS - 1),
  size: whole(0, STOPS - 1),
  steps: whole(0, STOPS - 1),
  row: whole(0, SIDE - 1),
  column: whole(0, SIDE - 1),
  shown: choice("predict", "all"),
};

const place = (n) => [Math.floor(n / SIDE), n % SIDE];
const named = (n) => `[${place(n).join(", ")}]`;

/** Pictures, permutation and its inverse out of `data`. */
function readPictures({ images, order, names }) {
  const bytes = decodeBytes(images);
  const count = bytes.length / PIXELS;
  if (!Number.isInteger(count) || count < 1 || count > GARMENTS) {
    throw new RangeError(`data.images must hold 1 to ${GARMENTS} pictures of ${PIXELS} bytes, got ${bytes.length} bytes`);
  }
  checkLength(names, "data.names", count);
  const secret = new Uint16Array(decodeBytes(order).buffer);
  checkLength(secret, "data.order", PIXELS);
  const went = new Uint16Array(PIXELS).fill(PIXELS);
  secret.forEach((old, m) => { went[old] = m; });
  if (went.includes(PIXELS)) throw new RangeError("data.order must hold each of 0 … 783 once");
  return { pictures: Array.from({ length: count }, (_, n) => bytes.subarray(n * PIXELS, (n + 1) * PIXELS)), names: names.map(String), secret, went };
}

function render({ model, el, signal }) {
  const data = model.get("data") ?? {};
  const { pictures, names, secret, went } = readPictures(data);
  const runs = readRuns(data);
  const [lastSize, lastStep] = [runs.sizes.length - 1, runs.steps.length - 1];

  const ui = createFrame({ model, el, signal }, {
    title: "Shuffle every picture alike",
    task: `Who is on top with ${group(runs.sizes[0])} images, and with ${group(runs.sizes[lastSize])}? Then shuffle: which curve will move?`,
    hint: "Arrows move in a picture",
    schema,
  });
  const { store } = ui;
  ui.card.classList.add("cnn-shuffle");
  const now = () => ({
    mixed: store.get("shuffled"),
    picture: Math.min(store.get("garment"), pictures.length - 1),
    size: runs.sizes[Math.min(store.get("size"), lastSize)],
    step: Math.min(store.get("steps"), lastStep),
    pixel: store.get("row") * SIDE + store.get("column"),
  });
  const look = (n) => store.set({ row: place(n)[0], column: place(n)[1] }, "look");

  const plain = valueMap({ name: "Garment", role: "input", move: (i, j) => look(i * SIDE + j) });
  const given = valueMap({ name: "Networks get", role: "input",
    move: (i, j) => look(store.get("shuffled") ? secret[i * SIDE + j] : i * SIDE + j) });
  const rings = [plain, given].map((map) => {
    const canvas = h("canvas", { class: "cnn-layer", width: SIDE * 10, height: SIDE * 10, "aria-hidden": "true" });
    map.box.append(canvas);
    return canvas.getContext("2d");
  });
  const travel = travelOver(given, signal);
  const given784 = new Uint8Array(PIXELS);

  const tiles = names.map((name, n) => {
    const small = valueMap({ name, bare: true });
    small.draw(pictures[n], SIDE, SIDE, 0, 255);
    small.box.setAttribute("aria-hidden", "true");
    return h("button", { type: "button", class: "cnn-tile", "aria-label": name, tabindex: -1,
      onclick: () => store.set({ garment: n }) }, small.box);
  });
  const shelf = h("div", { class: "cnn-tiles", role: "group", "aria-label": "Garments" }, ...tiles);
  shelf.addEventListener("keydown", (event) => {
    const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: -GARMENTS, End: GARMENTS }[event.key];
    if (!by) return;
    event.preventDefault();
    const n = Math.max(0, Math.min(tiles.length - 1, now().picture + by));
    store.set({ garment: n });
    tiles[n].focus();
  });

  const chart = lineChart({ label: "", xLabel: "training images", yLabel: "test accuracy", logX: true, height: 290, wide: 310 });
  const table = figureTable({ label: "Test accuracy over the seeds", rows: 4, columns: ["Test accuracy", "mean", "lowest–highest"] });
  let answered = false;
  const largest = () => runs.shared.at(-1);
  const asked = prediction({
    question: "Which curve will move?",
    options: [["neither", "Neither"], ["MLP", "MLP"], ["LeNet", "LeNet"], ["both", "Both"]],
    truth: () => whoMoves(runs, largest(), now().step),
    explain: (guess) => explainMove(runs, largest(), now().step, guess),
    done: () => {
      answered = true;
      draw(new Set(["seen"]));
      store.set({ shuffled: true });
    },
  });
  const note = h("p");
  const slot = h("div", { class: "cnn-slot" }, asked.el, note);
  ui.stage.append(
    h("div", { class: "cnn-shuffle-left" }, h("div", { class: "cnn-shuffle-pair" }, plain.el, given.el), shelf, table.el),
    chart.el, slot);

  const shuffleButton = ui.button("Shuffle", () => store.set({ shuffled: !store.get("shuffled") }), { "aria-pressed": "false" });
  const sizes = slider({ label: "Training images", low: 0, high: lastSize, value: () => Math.min(store.get("size"), lastSize),
    set: (size) => store.set({ size }, "size"), format: (n) => group(runs.sizes[n]) });
  const budget = segmented({ label: "Steps", options: runs.steps.map((n, step) => [step, group(n)]),
    value: () => now().step, set: (steps) => store.set({ steps }) });
  const shown = segmented({ label: "Curves", options: [["predict", "Ask me"], ["all", "Show all"]],
    value: () => store.get("shown"), set: (v) => store.set({ shown: v }) });
  ui.setting(sizes.el, budget.el, shown.el);
  const isOpen = () => answered || store.get("shown") === "all";
  ui.onReset(() => {
    answered = false;
    asking();
  });

  /** Below the curves: the question, or what there is to see. */
  function asking() {
    const { step } = now();
    note.hidden = !isOpen();
    setText(note, `With ${setting(runs, largest(), step)}: ${explainMove(runs, largest(), step)}`);
    if (isOpen()) asked.hide();
    else asked.ask(`Which curve will the shuffle move (${setting(runs, largest(), step)})?`);
  }

  function drawPictures({ mixed, picture }, changed, cause) {
    const pixels = pictures[picture];
    if (changed.has("garment") || changed.has("scheme")) plain.draw(pixels, SIDE, SIDE, 0, 255);
    for (let m = 0; m < PIXELS; m++) given784[m] = pixels[mixed ? secret[m] : m];
    given.draw(given784, SIDE, SIDE, 0, 255);
    plain.describe(`${names[picture]}, 28 by 28 pixels; arrow keys choose a pixel`);
    given.describe(mixed ? "The same pixels in shuffled order" : "The same picture, not shuffled");
    tiles.forEach((tile, n) => {
      tile.setAttribute("aria-pressed", String(n === picture));
      tile.tabIndex = n === picture ? 0 : -1;
    });
    const stay = (p) => p;
    const move = (p) => went[p];
    if (changed.has("shuffled") && cause !== "start" && cause !== "link" && !reducedMotion()) travel.go(pixels, mixed ? stay : move, mixed ? move : stay);
    else travel.stop();
  }

  let ringColor = "";
  /** The chosen pixel and its eight neighbours, in both pictures. */
  function drawPixel({ mixed, pixel }) {
    const [i, j] = place(pixel);
    const where = (n) => (mixed ? went[n] : n);
    plain.cross(i, j);
    plain.cursorAt(i, j);
    given.cross(...place(where(pixel)));
    given.cursorAt(...place(where(pixel)));
    rings.forEach((pen, which) => {
      pen.clearRect(0, 0, SIDE * 10, SIDE * 10);
      pen.fillStyle = ringColor;
      for (let n = 0; n < 9; n++) {
        const [k, l] = [i + Math.floor(n / 3) - 1, j + (n % 3) - 1];
        if (n === 4 || k < 0 || k >= SIDE || l < 0 || l >= SIDE) continue;
        const [y, x] = place(which ? where(k * SIDE + l) : k * SIDE + l);
        pen.fillRect(x * 10 + 2, y * 10 + 2, 6, 6);
      }
    });
  }

  function drawCurves({ mixed, size, step }) {
    const layouts = isOpen() ? LAYOUTS : ["plain"];
    const lines = layouts.flatMap((layout) => NETS.map((net) => {
      const shared = runs.sizes.filter((n) => runs.at(layout, net, n, step));
      const cells = shared.map((n) => runs.at(layout, net, n, step));
      return { name: `${net}, ${layout}`, role: net === "LeNet" ? 0 : 1, filled: layout === "shuffled", x: shared,
        y: cells.map((c) => c.mean), spread: cells.map((c) => [c.low, c.high]), shift: layout === "shuffled" ? 3 : -3,
        faint: isOpen() && (layout === "shuffled") !== mixed };
    }));
    const all = LAYOUTS.flatMap((l) => NETS.flatMap((net) => runs.sizes.flatMap((n) => runs.steps.flatMap((_, s) => runs.at(l, net, n, s) ?? []))));
    const [low, high] = [Math.min(...all.map((c) => c.low)), Math.max(...all.map((c) => c.high))];
    const tick = [0.02, 0.05, 0.1].find((t) => high - low < 8 * t) ?? 0.2;
    const y = [Math.floor(low / tick - 0.1) * tick, Math.ceil(high / tick + 0.1) * tick];
    const yTicks = Array.from({ length: Math.round((y[1] - y[0]) / tick) + 1 }, (_, n) => y[0] + n * tick);
    chart.draw({ lines, x: [runs.sizes[0] * 0.8, runs.sizes[lastSize] * 1.25], y, yTicks, xTicks: runs.sizes, head: size, format: (v) => fixed(v, 2) });
    chart.describe(`Test accuracy against training images, ${group(runs.steps[step])} steps. ${lines.map((line) =>
      `${line.name}: ${line.x.map((n, k) => `${fixed(line.y[k], 3)} at ${group(n)}`).join(", ")}`).join(". ")}.`);
    table.update(LAYOUTS.flatMap((layout) => NETS.map((net) => {
      const cell = runs.at(layout, net, size, step);
      const open = layout === "plain" || isOpen();
      return [`${net}, ${layout}`, !open ? "?" : cell ? fixed(cell.mean, 3) : "–",
        !open ? "?" : cell ? `${fixed(cell.low, 3)}–${fixed(cell.high, 3)}` : "not recorded"];
    })));
  }

  function pixelSentence({ mixed, picture, pixel }) {
    const [, j] = place(pixel);
    const side = j < SIDE - 1 ? 1 : -1;
    const grey = `Pixel ${named(pixel)}, grey ${pictures[picture][pixel]},`;
    const neighbour = `its ${side > 0 ? "right" : "left"} neighbour`;
    if (!mixed) return `${grey} touches ${neighbour}, grey ${pictures[picture][pixel + side]}.`;
    const [[a, b], [c, d]] = [place(went[pixel]), place(went[pixel + side])];
    return `${grey} stands at ${named(went[pixel])} now, ${neighbour} at ${named(went[pixel + side])}: `
      + `${Math.abs(a - c)} rows and ${Math.abs(b - d)} columns apart.`;
  }

  function draw(changed, cause) {
    const at = now();
    const { mixed, size, step } = at;
    const scheme = changed.has("scheme");
    const has = (...list) => scheme || list.some((name) => changed.has(name));
    if (scheme || cause === "start") ringColor = getComputedStyle(ui.card).getPropertyValue("--cnn-kernel").trim();
    if (has("shuffled", "garment")) drawPictures(at, changed, cause);
    if (has("shuffled", "row", "column")) drawPixel(at);
    if (changed.has("shown") || (changed.has("steps") && (!answered || !note.hidden))) asking();
    if (has("size", "steps", "shown", "seen") || (changed.has("shuffled") && isOpen())) drawCurves(at);
    const layout = mixed && isOpen() ? "shuffled" : "plain";
    const [said, clear] = comparison(runs, layout, size, step);
    const only = `recorded with ${runs.shared.map(group).join(", ")} images only`;
    const title = `${setting(runs, size, step)}, ${layout}: ${said ?? only}`;
    const both = isOpen() && mixed && runs.shared.includes(size);
    const more = `${clear ? `${clear} ` : ""}${both ? change(runs, size, step) : ""}`;
    const looked = changed.size && [...changed].every((name) => name === "row" || name === "column");
    ui.say(title, `${more}${pixelSentence(at)}`, looked ? pixelSentence(at) : `${title}. ${more}`);
    ui.result(NETS.map((net) => [net, runs.at(layout, net, size, step)]).map(([net, c]) => (c ? `${net} ${fixed(c.mean, 3)}` : "")).filter(Boolean).join(" · "));
    if (shuffleButton.getAttribute("aria-pressed") !== String(mixed)) shuffleButton.setAttribute("aria-pressed", String(mixed));
    for (const control of [sizes, budget, shown]) control.update();
  }
  ui.draw(draw);
  onScheme(() => draw(new Set(["scheme"])), signal);
}

export default { render, schema };
