/** What the explorer "gradients" computes and says: uses of a number, its gradient, a nudge. */
import { correlate2d, convBackward, pool2d, poolBackward, planAxis, tensor, fromNested, toNested } from "./core.js";
import { maximumAt } from "./windows.js";
import { show, factor } from "./dom.js";

const WINDOW = 2; // side of a pooling window
export const NUDGE = 1e-3;

export const isPool = (op) => op === "max" || op === "average";
const tidy = (v) => Math.round(v * 1e9) / 1e9; // 0.1 + 0.2 is meant as 0.3
const tidyRows = (T) => toNested(T).map((row) => row.map(tidy));
const turned = (rows) => rows.map((row) => [...row].reverse()).reverse();

/** Windows of the operation: [rows, columns] of one, and of the output. */
export function sizes(X, K, op, s) {
  const [kh, kw] = isPool(op) ? [WINDOW, WINDOW] : [K.length, K[0].length];
  return { kh, kw, out: [Math.floor((X.length - kh) / s) + 1, Math.floor((X[0].length - kw) / s) + 1] };
}

/** G cut, or filled up with zeros, to the output's shape. */
export const fit = (G, [rows, cols]) => Array.from({ length: rows }, (_, i) =>
  Array.from({ length: cols }, (_, j) => G[i]?.[j] ?? 0));

/** G for another output: one number everywhere stays so, anything else is fitted. */
export function regrade(G, out) {
  const first = G[0][0];
  const even = G.every((row) => row.every((v) => v === first));
  return even ? Array.from({ length: out[0] }, () => Array(out[1]).fill(first)) : fit(G, out);
}

/** A single 1 at [i, j]. */
export const single = ([rows, cols], i, j) => Array.from({ length: rows }, (_, a) =>
  Array.from({ length: cols }, (_, b) => (a === i && b === j ? 1 : 0)));

function forward(X, K, op, s) {
  return isPool(op) ? pool2d(X, { kind: op, k: WINDOW, s }) : correlate2d(X, K, { stride: s, flip: op === "convolution" });
}

/** The loss is L = ΣG·Y; its slope at each number, by nudging that number both ways. */
function nudged(X, K, G, op, s, T) {
  const loss = () => forward(X, K, op, s).data.reduce((sum, y, n) => sum + y * G.data[n], 0);
  return tensor(T.shape, T.data.map((value, n) => {
    T.data[n] = value + NUDGE;
    const above = loss();
    T.data[n] = value - NUDGE;
    const below = loss();
    T.data[n] = value;
    return (above - below) / (2 * NUDGE);
  }));
}

const gap = (A, B) => A.data.reduce((most, v, n) => Math.max(most, Math.abs(v - B.data[n])), 0);

/**
 * Output, gradients by the rule and by nudging, and for a maximum where each window's winner is.
 * @param {number[][]} X @param {number[][]} K @param {number[][]} G  of the output's shape
 */
export function compute(X, K, G, op, s) {
  const [x, k, g] = [X, K, G].map(fromNested);
  const pool = isPool(op);
  const back = pool ? { X: poolBackward(x, g, { kind: op, k: WINDOW, s }), K: tensor(k.shape), bias: 0 }
    : convBackward(x, k, g, { stride: s, flip: op === "convolution" });
  const slopes = { X: nudged(x, k, g, op, s, x), K: pool ? tensor(k.shape) : nudged(x, k, g, op, s, k) };
  const { kh, kw, out } = sizes(X, K, op, s);
  const winners = [];
  const ties = [];
  if (op === "max") {
    const [rows, cols] = [planAxis(X.length, kh, 0, s), planAxis(X[0].length, kw, 0, s)];
    for (let i = 0; i < out[0]; i++) {
      for (let j = 0; j < out[1]; j++) {
        const at = maximumAt(x.data, 0, rows, cols, i, j);
        winners.push([Math.floor(at / X[0].length), at % X[0].length]);
        const equal = windowCells(i, j, kh, kw, s).filter(([u, v]) => X[u][v] === x.data[at]);
        ties.push(equal.length > 1 ? equal : null);
      }
    }
  }
  return {
    X, K, G, op, s, kh, kw, out, winners, ties,
    Y: tidyRows(forward(x, k, op, s)),
    dX: tidyRows(back.X), dK: tidyRows(back.K), db: tidy(back.bias),
    numericX: toNested(slopes.X), numericK: toNested(slopes.K),
    gap: Math.max(gap(slopes.X, back.X), gap(slopes.K, back.K)),
  };
}

/** The input cells that output [i, j] reads. */
export const windowCells = (i, j, kh, kw, s) => Array.from({ length: kh * kw }, (_, n) =>
  [s * i + Math.floor(n / kw), s * j + (n % kw)]);

/**
 * Every product that the gradient of one number sums: the output it went into, and what it
 * met there. @returns {{g: [i, j], x: [u, v], k: [a, b]|null, weight: number}[]}
 *   weight: what stands beside G; for a pooling the share of the cell
 */
export function uses(sum, of, row, column) {
  const { X, K, op, s, kh, kw, out, winners } = sum;
  const found = [];
  for (let i = 0; i < out[0]; i++) {
    for (let j = 0; j < out[1]; j++) {
      windowCells(i, j, kh, kw, s).forEach(([u, v], n) => {
        const [a, b] = [Math.floor(n / kw), n % kw];
        const k = op === "convolution" ? [kh - 1 - a, kw - 1 - b] : [a, b];
        const [r, c] = of === "K" ? k : of === "X" ? [u, v] : [i, j];
        if (r !== row || c !== column) return;
        const won = op === "max" && winners[i * out[1] + j].join() === `${u},${v}`;
        const weight = op === "max" ? Number(won) : op === "average" ? 1 / (kh * kw)
          : of === "K" ? X[u][v] : K[k[0]][k[1]];
        found.push({ g: [i, j], x: [u, v], k: isPool(op) ? null : k, weight });
      });
    }
  }
  return found;
}

/** "K[0, 0]", which no line break divides */
export const name = (T, [i, j]) => `${T}[${i},\u00a0${j}]`;
const joined = (parts, most) => (parts.length <= most ? parts.join(" + ")
  : `${parts.slice(0, most - 1).join(" + ")} + … + ${parts.at(-1)}`);
const listed = (parts) => (parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`);

/** What a maximum hands to X[u, v], window by window. */
function saidOfMaximum(sum, at, total) {
  const here = uses(sum, "X", ...at);
  const won = here.filter((use) => use.weight);
  const tied = here.filter((use) => !use.weight && sum.ties[use.g[0] * sum.out[1] + use.g[1]]?.some(([u, v]) => u === at[0] && v === at[1]));
  const lost = here.filter((use) => !use.weight && !tied.includes(use));
  const outputs = (list) => listed(list.map(({ g }) => name("Y", g)));
  const parts = [];
  if (won.length) {
    const terms = won.map(({ g }) => name("G", g)).join(" + ");
    parts.push(`${name("X", at)} is the largest cell for ${outputs(won)} and collects ${terms}`
      + `${won.length > 1 ? ` = ${won.map(({ g }) => factor(sum.G[g[0]][g[1]])).join(" + ")}` : ""} = ${total}.`);
  } else parts.push(`${name("X", at)} collects ${total}.`);
  if (tied.length) {
    const [g] = tied.map((use) => use.g);
    parts.push(`For ${outputs(tied)} it ties with ${name("X", sum.winners[g[0] * sum.out[1] + g[1]])}, which comes first in reading order and takes all, as in PyTorch.`);
  }
  if (lost.length) parts.push(`For ${outputs(lost)} another cell is larger: nothing comes back.`);
  return parts.join(" ");
}

/** What output [i, j] sends, and to whom. */
function saidOfOutput(sum, at) {
  const { G, K, op, out } = sum;
  const g = G[at[0]][at[1]];
  const start = `${name("Y", at)} has the gradient ${show(g)} and hands it back through its window.`;
  if (op === "max") {
    const n = at[0] * out[1] + at[1];
    const tie = sum.ties[n] ? ` ${listed(sum.ties[n].map((cell) => name("X", cell)))} tie; the first in reading order takes all, as in PyTorch.` : "";
    return `${start} All of it goes to the largest cell, ${name("X", sum.winners[n])}.${tie}`;
  }
  if (op === "average") return `${start} Each of the four cells gets a quarter, ${show(g / 4)}.`;
  const alone = G.flat().filter((v) => v !== 0).length === 1 && g === 1;
  const kernel = op === "convolution" && K.length * K[0].length > 1 ? "the kernel, turned by 180°," : "the kernel";
  return alone
    ? `${start} It is alone: ∂L/∂X shows ${kernel} where the window was, and ∂L/∂K shows the cells that each weight met.`
    : `${start} Each cell of X under it gets ${show(g)} times the weight it met, each weight ${show(g)} times the cell it met. Other outputs add theirs.`;
}

/** The sum behind one number's gradient, term by term. `total` is written at its end. */
export function written(sum, of, at, total) {
  const { G, op } = sum;
  if (of === "Y") return saidOfOutput(sum, at);
  const all = uses(sum, of, ...at);
  if (!all.length) return `No window reads ${name("X", at)}: its gradient is 0.`;
  if (op === "max") return saidOfMaximum(sum, at, total);
  const beside = ({ x, k }) => (op === "average" ? "/4" : `·${of === "K" ? name("X", x) : name("K", k)}`);
  const number = ({ g, weight }) => `${factor(G[g[0]][g[1]])}${op === "average" ? "/4" : `×${factor(weight)}`}`;
  const terms = joined(all.map((use) => `${name("G", use.g)}${beside(use)}`), 4);
  const numbers = joined(all.map(number), 9);
  return `${name(of, at)} collects ${terms} = ${numbers} = ${total}.`;
}

/** Before the answer: how often the number was used, and what a use sends back. */
export function hinted(sum, of, at) {
  const n = uses(sum, of, ...at).length;
  const times = n === 1 ? "once" : n === 2 ? "twice" : `${n} times`;
  if (of === "K") return `${name("K", at)} was used ${times}, at the tinted ${n === 1 ? "cell" : "cells"} of X. Each use sends back the cell it met, times G at its output. Add them up.`;
  if (!n) return `No window reads ${name("X", at)}.`;
  const windows = `${["No", "One", "Two", "Three", "Four"][n] ?? n} ${n === 1 ? "window" : "windows"}`;
  if (sum.op === "max") return `${windows} of the maximum ${n === 1 ? "reads" : "read"} ${name("X", at)}, for the tinted outputs. Each hands all of its G to one cell. Which?`;
  if (sum.op === "average") return `${windows} of the average ${n === 1 ? "reads" : "read"} ${name("X", at)}, for the tinted outputs. Each hands a quarter of its G to every cell.`;
  return `${windows} read${n === 1 ? "s" : ""} ${name("X", at)}, for the tinted outputs. Each sends back the weight it met, times its G. Add them up.`;
}

const near = (a, b) => Math.abs(a - b) < 5e-3;

/** Which slip gives this guess? "" for none that is known. */
export function slip(sum, of, at, guess, real) {
  if (guess === undefined || near(guess, real)) return "";
  const all = uses(sum, of, ...at);
  const g = (use) => sum.G[use.g[0]][use.g[1]];
  const add = (values) => values.reduce((a, b) => a + b, 0);
  const products = all.map((use) => g(use) * use.weight);
  const same = of === "K" ? sum.dK : sum.dX;
  const elsewhere = same.flatMap((row, i) => row.map((v, j) => [v, i, j])).find(([v]) => near(v, guess));
  const tied = all.filter((use) => sum.ties[use.g[0] * sum.out[1] + use.g[1]]?.some(([u, v]) => u === at[0] && v === at[1]));
  const shares = tied.map((use) => g(use) / sum.ties[use.g[0] * sum.out[1] + use.g[1]].length);
  const won = all.filter((use) => use.weight && !tied.includes(use)).map(g);
  const slips = [
    [sum.op === "max" && tied.length ? add([...won, ...shares]) : NaN, "That shares a tie out; PyTorch's maximum gives all of it to the first."],
    [sum.op === "max" && tied.length ? add([...won, ...tied.map(g)]) : NaN, "A tie does not pay twice: the first of the equal cells takes all."],
    [sum.op === "max" ? add(all.map(g)) / 4 : NaN, "That is the average's rule; a maximum depends on one cell alone."],
    [isPool(sum.op) ? add(all.map(g)) : NaN, "That is what all its windows hold, not its share of them."],
    [all.length > 1 ? real / all.length : NaN, "That is the mean of its uses; the uses of a shared number add up."],
    [all.length > 1 ? products[0] : NaN, "That is its first use alone; the uses add up."],
    [isPool(sum.op) ? NaN : add(all.map((use) => use.weight)), "That leaves G out."],
    [isPool(sum.op) ? NaN : add(all.map(g)), `That adds up G alone: ${of === "K" ? "the cells that it met are" : "the weights that it met are"} missing.`],
    [isPool(sum.op) || of === "K" ? NaN : turnedAnswer(sum, at), "You met the kernel the other way round."],
    [elsewhere ? elsewhere[0] : NaN, elsewhere ? `That is the gradient of ${name(of, elsewhere.slice(1))}.` : ""],
    [-real, "The size is right, the sign is not."],
  ];
  return slips.find(([value]) => near(value, guess))?.[1] ?? "";
}

/** ∂L/∂X as it would be with the kernel turned. */
function turnedAnswer({ X, K, G, op, s }, [u, v]) {
  const back = convBackward(fromNested(X), fromNested(turned(K)), fromNested(G), { stride: s, flip: op === "convolution" });
  return toNested(back.X)[u][v];
}

const SUPER = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };

/** 0 → "0", 0.5 → "0.50", 3e-13 → "3·10⁻¹³" */
export function tiny(value) {
  if (value === 0 || value >= 0.01) return show(value);
  const [digits, power] = value.toExponential(0).split("e");
  return `${digits}·10${[...power].map((c) => SUPER[c] ?? "").join("")}`;
}

/**
 * One format for a grid's cells: plain whole numbers, else as many decimals, at most two, as
 * leave room; thousands where nothing else does. `measured` never looks whole.
 */
export function cellFormat(rows, measured = false) {
  const all = rows.flat();
  const most = !measured && all.every((v) => Number.isInteger(v)) ? [0] : [2, 1, 0];
  const print = (v, digits) => (digits ? v.toFixed(digits) : String(Math.round(v)));
  const digits = most.find((d) => all.every((v) => print(v, d).length <= 5));
  return (v) => {
    const text = digits === undefined ? `${Math.round(v / 1000)}k` : print(v, digits);
    return (Number.parseFloat(text) === 0 ? text.replace("-", "") : text).replace("-", "−");
  };
}
