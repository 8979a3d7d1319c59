/** A stack of layers along one axis: its fields, who reads whom, and the usual slips. */
import { receptiveFields, effectiveField } from "./sizes.js";
import { group, fixed } from "./dom.js";

export const WIDEST = 600; // input cells that are drawn; beyond, numbers only

/** Ready-made stacks: name, words, layers as [kernel, stride, padding, dilation]. */
export const PRESETS = [
  ["three", "three 3×3", [[3, 1, 0, 1], [3, 1, 0, 1], [3, 1, 0, 1]]],
  ["seven", "seven 3×3", Array.from({ length: 7 }, () => [3, 1, 0, 1])],
  ["strides", "three 3×3, stride 2", [[3, 2, 0, 1], [3, 2, 0, 1], [3, 2, 0, 1]]],
  ["growing", "dilations 1, 2, 4", [[3, 1, 0, 1], [3, 1, 0, 2], [3, 1, 0, 4]]],
  ["holes", "dilations 2, 2", [[3, 1, 0, 2], [3, 1, 0, 2]]],
  ["lenet", "LeNet", [[5, 1, 2, 1], [2, 2, 0, 1], [5, 1, 0, 1], [2, 2, 0, 1]]],
];

export const sameStack = (a, b) => JSON.stringify(a) === JSON.stringify(b);

/** Why a stack cannot be; "" if it can. */
export function impossible(layers) {
  const fits = ([k, s, p, d]) => [k, s, p, d].every(Number.isInteger) && k >= 1 && s >= 1 && s <= 4 && p >= 0 && p <= 6 && d >= 1 && d <= 4;
  return layers.every(fits) ? "" : "a layer that cannot be";
}

/**
 * The fields of all levels, the input first, and how many units of each are drawn: without
 * padding, over an input that is a little wider than the top unit's field.
 * @returns {{levels: {size: number, jump: number, units: number}[], width: number, drawn: boolean}}
 */
export function measure(layers) {
  const levels = [{ size: 1, jump: 1 }, ...receptiveFields(layers)].map(({ size, jump }) => ({ size, jump }));
  const { size, jump } = levels.at(-1);
  const wish = 2 * Math.floor((Math.ceil((17 - size) / jump) + 1) / 2) + 1;
  const tops = size > 100 ? 1 : Math.min(9, Math.max(3, wish));
  const width = size + (tops - 1) * jump;
  for (const level of levels) level.units = Math.floor((width - level.size) / level.jump) + 1;
  return { levels, width, drawn: width <= WIDEST };
}

/** The units of each level, from `layer` down, on which one unit depends. */
export function cone(layers, layer, unit) {
  const sets = [[unit]];
  for (let l = layer; l > 0; l--) {
    const [k, s, , d] = layers[l - 1];
    const below = new Set();
    for (const o of sets[0]) for (let a = 0; a < k; a++) below.add(o * s + a * d);
    sets.unshift([...below].sort((x, y) => x - y));
  }
  return sets;
}

/** Which of the three ways to 15 a stack is: "plain", "strides", "dilations", or "". */
export function way(layers) {
  const fields = receptiveFields(layers);
  if (fields.at(-1).size !== 15 || layers.some(([k]) => k !== 3)) return "";
  // the top layer's own stride moves nothing that it sees
  const strides = layers.slice(0, -1).some(([, s]) => s > 1);
  const dilations = layers.some(([, , , d]) => d > 1);
  return strides && dilations ? "" : strides ? "strides" : dilations ? "dilations" : "plain";
}

/** "3×3, s 2, d 4": what is 1 is left out. */
export const layerName = ([k, s, , d], gap = ", ") => [`${k}×${k}`, s > 1 ? `s ${s}` : "", d > 1 ? `d ${d}` : ""].filter(Boolean).join(gap);

/** "1 + 2·1 + 2·2": the field as a sum, (k − 1)d times the jump below each layer. */
function sum(layers, levels) {
  return ["1", ...layers.map(([k, , , d], n) => `${(k - 1) * d}·${group(levels[n].jump)}`)].join(" + ");
}

/**
 * The text line: [title, text, for ears].
 * @param {Object} stack  layers, levels, layer, unit, sets (null where it is too wide to draw)
 */
export function words({ layers, levels, layer, unit, sets }, effective) {
  const below = layers.slice(0, layer);
  const { size, jump } = levels[layer];
  const title = `Layer ${layer} sees ${group(size)} × ${group(size)} cells`;
  const grown = `Field ${sum(below, levels)}${layer ? ` = ${group(size)}` : ""}; its units stand ${jump === 1 ? "1 cell" : `${group(jump)} cells`} apart.`;
  const aloud = `Layer ${layer}, unit ${unit}: field ${size}, jump ${jump}.`;
  if (!sets) return [title, `${grown} That is too wide to draw; the numbers hold.`, aloud];
  const read = sets[0].length;
  const holes = read < size ? ` It reads ${read} of the ${size} cells in a row, so ${group(read * read)} of ${group(size * size)}: the rest are holes.` : "";
  if (!effective) {
    return [title, `${grown} Unit ${unit} reads input cells ${sets[0][0]} to ${sets[0].at(-1)}.${holes}`, aloud];
  }
  const { sd, side95 } = effectiveField(below);
  return [title, `Where every layer averages, 95 % of what it hears comes from the middle ${side95} × ${side95}. Along a row the standard deviation is ${fixed(sd)} cells.${holes}`,
    `Layer ${layer}: field ${size}, 95 per cent within ${side95}.`];
}

/** The layer that question `seed` puts on top, [k, s, 0, d]: a small generator of its own. */
export function nextLayer(seed) {
  const at = (n) => ((Math.imul(seed * 7 + n, 0x9e3779b1) >>> 8) % 1000) / 1000;
  const k = [2, 3, 3, 5, 7][Math.floor(at(1) * 5)];
  return [k, 1 + Math.floor(at(2) * 3), 0, at(3) < 0.7 ? 1 : 2];
}

/** Which slip gives this guess for a new top layer? One or two sentences. */
export function explain(layers, added, guess) {
  const { size, jump } = measure(layers).levels.at(-1);
  const [k, s, , d] = added;
  const real = size + (k - 1) * d * jump;
  const written = `${group(size)} + (${k} − 1)·${d}·${group(jump)} = ${group(real)}: the jump is the product of the strides below.`;
  if (guess === undefined || guess === real) return written;
  const slips = [
    [size + k * d * jump, "A layer adds k − 1 steps, not k: one cell of its window is already counted."],
    [size + (k - 1) * d, `The jump is forgotten: a step of this layer is ${group(jump)} input cells.`],
    [size + (k - 1) * d * jump * s, "Its own stride widens only the layers behind it."],
    [size + (k - 1) * jump, `The dilation is left out: the steps are ${d} units long.`],
    [size + k - 1, "Both the jump and the dilation are left out."],
    [size * k, "Fields do not multiply; each layer adds to them."],
    [size + k, "The new kernel's side alone is not what it adds."],
    [k, "That is what it sees of the layer below, not of the input."],
  ];
  const slip = slips.find(([value]) => value === guess);
  return `${slip ? `${slip[1]} ` : ""}${written}`;
}

/** The cells' shares of what a unit hears: by averages, or all that are read alike. */
export function shares(layers, layer, sets, effective) {
  if (effective) return [...effectiveField(layers.slice(0, layer)).profile];
  const [first, last] = [sets[0][0], sets[0].at(-1)];
  const read = new Set(sets[0]);
  return Array.from({ length: last - first + 1 }, (_, n) => (read.has(first + n) ? 0.6 : 0));
}

export const side95 = (layers, layer) => effectiveField(layers.slice(0, layer)).side95;
