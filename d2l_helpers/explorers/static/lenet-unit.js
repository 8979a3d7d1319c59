/** What one unit of LeNet sums: its window below, its weights, the products, in numbers and words. */
import { fixed, factor, count } from "./dom.js";
import { decodeFloat16, decodeInt8, makeLeNet } from "./nets.js";

/** maps and side of each layer, what it reads, and where that lies: side k, steps of s, padding p */
export const LAYERS = {
  conv1: { name: "conv 1", maps: 6, side: 28, values: "act1", sums: "conv1", below: "input", params: "conv1", k: 5, s: 1, p: 2 },
  pool1: { name: "pool 1", maps: 6, side: 14, values: "pool1", below: "act1", k: 2, s: 2, p: 0 },
  conv2: { name: "conv 2", maps: 16, side: 10, values: "act2", sums: "conv2", below: "pool1", params: "conv2", k: 5, s: 1, p: 0 },
  pool2: { name: "pool 2", maps: 16, side: 5, values: "pool2", below: "act2", k: 2, s: 2, p: 0 },
  dense1: { name: "dense 120", maps: 120, side: 1, values: "act3", below: "pool2", params: "fc1" },
  dense2: { name: "dense 84", maps: 84, side: 1, values: "act4", below: "act3", params: "fc2" },
  scores: { name: "scores", maps: 10, side: 1, values: "logits", below: "act4", params: "fc3" },
  gap: { name: "the lead", maps: 1, side: 1, values: "logits", below: "act4", params: "fc3" },
};
/** The layer whose values an input buffer is. */
export const OWNER = { input: "picture", act1: "conv1", pool1: "pool1", act2: "conv2", pool2: "pool2", act3: "dense1", act4: "dense2" };
/** How the values below are drawn beside the weights: maps, side or rows and columns, pixels a unit. */
const SHEETS = {
  conv1: [1, 5, 5, 1, 16], pool1: [1, 2, 2, 1, 40], conv2: [6, 5, 5, 3, 8], pool2: [1, 2, 2, 1, 40],
  dense1: [16, 5, 5, 4, 4], dense2: [1, 10, 12, 1, 8], scores: [1, 7, 12, 1, 10], gap: [1, 7, 12, 1, 10],
};
export const sheetOf = (layer) => {
  const [maps, rows, cols, across, side] = SHEETS[layer];
  return { maps, rows, cols, across, side };
};

/** The network that `data` describes: its weights, its kinds, and `forward`. */
export function network(data) {
  const [numbers, whole] = [decodeFloat16(data.weights), decodeInt8(data.dense)];
  const [params, at] = [{}, [0, 0]];
  const take = (from, n, all = [numbers, whole][from]) => all.subarray(at[from], (at[from] += n));
  for (const [name, weights, units] of [["conv1", 150, 6], ["conv2", 2400, 16], ["fc1", 48000, 120], ["fc2", 10080, 84], ["fc3", 840, 10]]) {
    let weight;
    if (["fc1", "fc2"].includes(name)) { // whole numbers, times a step for each unit
      const steps = take(0, units);
      weight = Float64Array.from(take(1, weights), (v, n) => v * steps[Math.floor(n / (weights / units))]);
    } else weight = take(0, weights);
    params[name] = { weight, bias: take(0, units) };
  }
  const { activation, pool, mean, std } = data;
  return { params, activation, pool, mean, std, ...makeLeNet(params, { activation, pool, mean, std }) };
}

/** A unit's number as map, row and column; numbers beyond the layer are its last unit. */
export function placeOf(layer, unit) {
  const { maps, side } = LAYERS[layer];
  const n = Math.min(unit, maps * side * side - 1);
  return { unit: n, map: Math.floor(n / (side * side)), i: Math.floor(n / side) % side, j: n % side };
}

/** The square of the picture that a unit can see: {i, j, rows, cols}, also outside the picture. */
export function fieldOf(layer, unit) {
  let [{ i, j }, n, at] = [placeOf(layer, unit), 1, layer];
  if (LAYERS[layer].side === 1) return { i: 0, j: 0, rows: 28, cols: 28 };
  while (at !== "picture") {
    const { k, s, p, below } = LAYERS[at];
    [i, j, n] = [i * s - p, j * s - p, (n - 1) * s + k];
    at = OWNER[below];
  }
  return { i, j, rows: n, cols: n };
}

/** The frames that show what a unit reads in the layer below; "all" for a dense unit. */
export function readsOf(layer, unit) {
  const { k, s, p, below, params } = LAYERS[layer];
  if (!k) return "all";
  const { map, i, j } = placeOf(layer, unit);
  const maps = below === "input" ? [0] : params ? [0, 1, 2, 3, 4, 5] : [map];
  return maps.map((from) => ({ map: from, i: i * s - p, j: j * s - p, rows: k, cols: k }));
}

/**
 * @param {{params: Object, activation: string, pool: string}} net  @param {Object} H  of forward
 * @param {string} layer  @param {number} unit  @param {[number, number]} top  the two best classes
 * @returns {{values: Float64Array, weights: Float64Array, products: Float64Array, sums: number[],
 *   bias: number, sum: number, out: number}} sums: one a map below; out: after the activation
 */
export function partsOf(net, H, layer, unit, top) {
  const { below, k, s, p, params } = LAYERS[layer];
  const { unit: n, map, i, j } = placeOf(layer, unit);
  const from = H[below];
  let values = from;
  if (k) {
    const side = Math.round(Math.sqrt(from.length / { conv1: 1, conv2: 6, pool1: 6, pool2: 16 }[layer]));
    const frames = readsOf(layer, unit);
    values = new Float64Array(frames.length * k * k);
    frames.forEach((frame, m) => {
      for (let a = 0; a < k * k; a++) {
        const [r, c] = [i * s - p + Math.floor(a / k), j * s - p + (a % k)];
        const within = r >= 0 && r < side && c >= 0 && c < side;
        values[m * k * k + a] = within ? from[(frame.map * side + r) * side + c] : 0;
      }
    });
  }
  const size = values.length;
  const weights = new Float64Array(size);
  let bias = 0;
  if (layer === "gap") {
    const { weight, bias: b } = net.params.fc3;
    for (let m = 0; m < size; m++) weights[m] = weight[top[0] * size + m] - weight[top[1] * size + m];
    bias = b[top[0]] - b[top[1]];
  } else if (params) {
    const { weight, bias: b } = net.params[params];
    weights.set(weight.subarray((k ? map : n) * size, ((k ? map : n) + 1) * size));
    bias = b[k ? map : n];
  } else if (net.pool === "max") weights[values.indexOf(Math.max(...values))] = 1;
  else weights.fill(1 / size);
  const products = values.map((v, m) => v * weights[m]);
  const each = size / (layer === "conv2" ? 6 : layer === "dense1" ? 16 : 1);
  const sums = [];
  products.forEach((v, m) => { sums[Math.floor(m / each)] = (sums[Math.floor(m / each)] ?? 0) + v; });
  const sum = sums.reduce((a, b) => a + b, 0) + bias;
  const act = { relu: (v) => Math.max(0, v), sigmoid: (v) => 1 / (1 + Math.exp(-v)), tanh: Math.tanh }[net.activation];
  return { values, weights, products, sums, bias, sum, out: params && !["scores", "gap"].includes(layer) ? act(sum) : sum };
}

const signed = (v) => (v < 0 ? fixed(v) : `+${fixed(v)}`);
const ACTS = { relu: "ReLU", sigmoid: "sigmoid", tanh: "tanh" };

/** Which unit this is: "conv 2, map 7, [3, 5]". */
export function nameOf(layer, unit, names, top) {
  const { map, i, j } = placeOf(layer, unit);
  if (layer === "gap") return `${names[top[0]]} before ${names[top[1]]}`;
  if (layer === "scores") return `score of ${names[map]}`;
  return LAYERS[layer].side === 1 ? `${LAYERS[layer].name}, unit ${map}` : `${LAYERS[layer].name}, map ${map}, [${i}, ${j}]`;
}

/** Lines of text: the sum, what becomes of it, and what the unit can see. */
export function wordsOf(net, layer, unit, parts, names, top) {
  const { products, sums, bias, sum, out, values } = parts;
  const seen = fieldOf(layer, unit);
  const range = (from, n) => `${Math.max(0, from)} to ${Math.min(27, from + n - 1)}`;
  const beyond = Math.min(seen.i, seen.j) < 0 || Math.max(seen.i, seen.j) + seen.rows > 28;
  const sees = LAYERS[layer].side === 1 ? "It depends on the whole picture."
    : `It sees ${seen.rows}×${seen.cols} pixels: rows ${range(seen.i, seen.rows)}, columns ${range(seen.j, seen.cols)}${beyond ? "; the rest is padding" : ""}.`;
  if (layer === "gap" || layer === "scores") {
    const order = Array.from(products.keys()).sort((a, b) => products[b] - products[a]);
    const [best, worst] = [order[0], order.at(-1)];
    const pro = products.filter((v) => v > 5e-3).length;
    const con = products.filter((v) => v < -5e-3).length;
    const speak = `unit ${best} (${signed(products[best])}) and unit ${worst} (${signed(products[worst])})`;
    const total = `84 products: ${fixed(sum - bias)}; with the bias ${fixed(bias)}: ${fixed(sum)}.`;
    if (layer === "scores") return [total, `${pro} units raise it, ${con} lower it, ${84 - pro - con} are silent. Strongest: ${speak}.`];
    return [total, `${pro} units speak for ${names[top[0]]}, ${con} for ${names[top[1]]}, ${84 - pro - con} for neither. Strongest: ${speak}.`];
  }
  if (!LAYERS[layer].params) {
    const written = Array.from(values, (v) => fixed(v)).join(", ");
    return [net.pool === "max" ? `The largest of ${written} is ${fixed(out)}.` : `The mean of ${written} is ${fixed(out)}.`, sees];
  }
  const first = sums.length === 6 ? `Six sums of 25, and the bias: ${[...sums, bias].map((v) => factor(v)).join(" + ")} = ${fixed(sum)}.`
    : `The ${count(products.length, "product")} sum to ${fixed(sum - bias)}; with the bias ${fixed(bias)}: ${fixed(sum)}.`;
  return [first, `After ${ACTS[net.activation]}: ${fixed(out)}.`, sees];
}
