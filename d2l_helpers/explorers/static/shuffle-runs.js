/** The recorded runs in numbers: means, spreads over seeds, and what they say. */
import { fixed, group } from "./dom.js";

export const NETS = ["MLP", "LeNet"];
export const LAYOUTS = ["plain", "shuffled"];

/**
 * @param {{steps: number[], runs: Object}} data  runs[layout][net][images] = one list for each
 *   seed, with an accuracy for each number of steps
 * @returns {{sizes: number[], steps: number[], at: Function, shared: number[]}}
 *   at(layout, net, size, step): {mean, low, high, seeds}, or null where nothing was recorded;
 *   shared: the sizes for which both layouts were recorded
 * @throws {RangeError} for what is no accuracy
 */
export function readRuns({ steps, runs }) {
  const known = new Map();
  for (const layout of LAYOUTS) {
    for (const net of NETS) {
      for (const [size, seeds] of Object.entries(runs[layout][net])) {
        steps.forEach((_, step) => {
          const scores = seeds.map((seed) => seed[step]);
          if (!(Number(size) > 0) || !scores.length || !scores.every((a) => a >= 0 && a <= 1)) {
            throw new RangeError(`no accuracies: ${layout}, ${net}, ${size} images`);
          }
          known.set(`${layout} ${net} ${size} ${step}`, {
            mean: scores.reduce((a, b) => a + b) / scores.length,
            low: Math.min(...scores), high: Math.max(...scores), seeds: scores.length,
          });
        });
      }
    }
  }
  const at = (layout, net, size, step) => known.get(`${layout} ${net} ${size} ${step}`) ?? null;
  const has = (size, layouts) => layouts.every((l) => NETS.every((net) => at(l, net, size, 0)));
  const sizes = Object.keys(runs.plain.MLP).map(Number).filter((n) => has(n, ["plain"])).sort((a, b) => a - b);
  return { sizes, steps, at, shared: sizes.filter((n) => has(n, LAYOUTS)) };
}

/** 0.01 of accuracy is a point: "4.5 points". */
export const points = (share) => {
  const text = fixed(Math.abs(share) * 100, 1);
  return `${text} ${text === "1.0" ? "point" : "points"}`;
};

export const apart = (a, b) => a.low > b.high || b.low > a.high;

/** Which nets' seeds all lie on one side of where they were: "neither", "MLP", "LeNet", "both". */
export function whoMoves(runs, size, step) {
  const moved = NETS.filter((net) => apart(runs.at("plain", net, size, step), runs.at("shuffled", net, size, step)));
  return moved.length === 2 ? "both" : moved[0] ?? "neither";
}

/** "LeNet goes from 0.871 to 0.827, more than its seeds differ" */
export function goes(runs, net, size, step) {
  const [a, b] = LAYOUTS.map((layout) => runs.at(layout, net, size, step));
  return `${net === "MLP" ? "the MLP" : net} goes from ${fixed(a.mean, 3)} to ${fixed(b.mean, 3)}`
    + `, ${apart(a, b) ? "more than its seeds differ" : "within the spread of its seeds"}`;
}

/** What the shuffle does to the means. */
export function change(runs, size, step) {
  const [mlp, lenet] = NETS.map((net) => {
    const [a, b] = LAYOUTS.map((layout) => runs.at(layout, net, size, step));
    return fixed((b.mean - a.mean) * 100, 1);
  });
  return `By the shuffle the MLP's mean changes by ${mlp} points, LeNet's by ${lenet}. `;
}

/** What the answer to "which curve will move?" overlooks; then the figures. */
export function explainMove(runs, size, step, guess) {
  const real = whoMoves(runs, size, step);
  const slip = guess === undefined || guess === real ? ""
    : guess === "MLP" || guess === "both"
      ? "To our eyes the garment is gone, but an MLP never knew who stands next to whom. "
      : "LeNet slides small windows over the picture: it uses who stands next to whom. ";
  const [first, second] = NETS.map((net) => goes(runs, net, size, step));
  return `${real === "LeNet" ? slip : ""}T${first.slice(1)}; ${second}.`;
}

/** Who is on top, by how much; and whether the gap exceeds the spread. Empty where not recorded. */
export function comparison(runs, layout, size, step) {
  const [mlp, lenet] = NETS.map((net) => runs.at(layout, net, size, step));
  if (!mlp || !lenet) return [];
  const gap = lenet.mean - mlp.mean;
  return [`${gap > 0 ? "LeNet" : "the MLP"} leads by ${points(gap)}`,
    apart(mlp, lenet) ? "That is more than the seeds differ." : "The seeds' ranges overlap."];
}

export const setting = (runs, size, step) => `${group(size)} images, ${group(runs.steps[step])} steps`;
