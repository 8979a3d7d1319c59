/** One axis of a layer in numbers and in words, and the slips that miss its size. */
import { outSize } from "./core.js";
import { sourceIndex } from "./padding.js";
import { useCountsMode } from "./sizes.js";
import { show, count, group } from "./dom.js";

/**
 * Everything about one axis. Without `why` a window fits, and then:
 * out windows; source: whose copy each padded cell is (−1: a zero); uses of each of the n
 * cells; reads: pixels under each window; lost: the cells that no window reads.
 * @param {{n, k, p, s, d: number, mode: string}} plan
 */
export function axisOf({ n, k, p, s, d, mode }) {
  const span = d * (k - 1) + 1;
  const room = n + 2 * p - span;
  const axis = { n, k, p, s, d, mode, span, room, size: Math.floor(room / s) + 1 };
  try {
    axis.out = outSize(n, k, p, s, d);
    axis.source = sourceIndex(n, p, p, mode);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    axis.why = room < 0 ? `${count(k, "cell")} with dilation ${d} span ${span}, and there are only ${n} + 2·${p} = ${n + 2 * p}. ` +
        `At least ${Math.ceil((span - n) / 2)} a side as padding, or ${span - 2 * p} cells of input, would do.`
      : `${mode} padding takes ${p} cells a side from an input of ${n}; it has at most ${mode === "reflect" ? n - 1 : n} to give.`;
    return axis;
  }
  axis.rest = room % s;
  axis.uses = useCountsMode(n, k, p, mode, { s, d });
  axis.lost = axis.uses.flatMap((uses, i) => (uses ? [] : [i]));
  axis.reads = Array.from({ length: axis.out }, (_, o) => {
    let read = 0;
    for (let a = 0; a < k; a++) read += axis.source[o * s + a * d] >= 0 ? 1 : 0;
    return read;
  });
  return axis;
}

/** The formula with its numbers, padding per side. */
export const perSide = ({ n, k, p, s, d, room, size }) =>
  `⌊(${n} + 2·${p} − ${d}·(${k} − 1) − 1)/${s}⌋ + 1 = ⌊${show(room)}/${s}⌋ + 1 = ${show(size)}`;

/** The same with the padding counted in total, P = 2p. */
export const inTotal = ({ n, p, s, span, room, size }) =>
  `⌊(${n} − ${span} + ${2 * p} + ${s})/${s}⌋ = ⌊${show(room + s)}/${s}⌋ = ${show(size)}`;

const listed = (cells) => (cells.length === 1 ? `${cells[0]}` : `${cells.slice(0, -1).join(", ")} and ${cells.at(-1)}`);

/** What becomes of the remainder, and which rows or columns no window reads. */
function leftovers({ n, mode, rest, lost }, one, many) {
  const Many = many[0].toUpperCase() + many.slice(1);
  const start = rest ? `${Many}: the division leaves ${rest} over` : `${Many} come out even`;
  if (!lost.length) return `${start}${!rest ? "" : mode === "zeros" ? ", all of it padding" : `, yet every ${one} is read`}.`;
  const which = lost.length > 6 ? `${lost.length} of ${n} ${many}` : `${lost.length === 1 ? one : many} ${listed(lost)}`;
  const never = `${which} ${lost.length === 1 && !one.includes(" ") ? "is" : "are"} never read.`;
  const atTheEnd = lost[0] === n - lost.length;
  return atTheEnd ? `${start}: ${never}` : `${start}; the window steps over some: ${never}`;
}

/** Both axes in words; in one sentence where they agree. */
function bothLeftovers(rows, cols) {
  const across = leftovers(cols, "column", "columns");
  const alike = ["n", "rest", "lost"].every((name) => JSON.stringify(rows[name]) === JSON.stringify(cols[name]));
  return alike ? leftovers(rows, "row and column", "rows and columns") : `${leftovers(rows, "row", "rows")} ${across}`;
}

const times = (least, most) => (least === most ? `Every pixel is read ${count(most, "time")}.` : `Pixels are read ${least} to ${most} times.`);

/**
 * The text line: [title, text, for ears].
 * @param {[Object, Object]} axes  rows and columns  @param {[number, number]} place  the window
 * @param {[number, number] | null} pixel  the pixel that is pointed at instead
 */
export function words(axes, place, pixel) {
  const [rows, cols] = axes;
  if (rows.why || cols.why) {
    const which = !cols.why ? "Rows" : !rows.why ? "Columns" : rows.why === cols.why ? "Rows and columns" : "Rows, and columns too";
    return ["No window fits", `${which}: ${rows.why ?? cols.why}`, "No window fits."];
  }
  const [low, high] = [Math.min, Math.max].map((of) => of(...rows.uses) * of(...cols.uses));
  const all = rows.n * cols.n;
  const lost = all - (rows.n - rows.lost.length) * (cols.n - cols.lost.length);
  const copies = rows.mode !== "zeros" && rows.p + cols.p > 0;
  const note = copies ? " A copy's use counts as its pixel's." : "";
  const gone = lost ? ` In all ${group(lost)} of ${group(all)} pixels are never read.` : "";
  if (pixel) {
    const [a, b] = [rows.uses[pixel[0]], cols.uses[pixel[1]]];
    return [`Pixel [${pixel.join(", ")}] is read ${count(a * b, "time")}`,
      `${a} going down, ${b} across: ${a} × ${b} = ${a * b}.${a * b ? " The windows that read it are tinted in the output." : ""}${note} ${times(low, high)}${gone}`,
      `Pixel row ${pixel[0]}, column ${pixel[1]}: read ${count(a * b, "time")}.`];
  }
  const real = axes.map(({ n, k, p, s, d }, axis) => Array.from({ length: k }, (_, a) => place[axis] * s + a * d - p)
    .filter((cell) => cell >= 0 && cell < n).length).reduce((a, b) => a * b);
  const rest = rows.k * cols.k - real;
  const under = `${count(real, "pixel")}${!rest ? "" : copies ? ` and ${count(rest, "copy", "copies")}` : ` and ${rest} of padding`}`;
  const size = `Output ${rows.out} × ${cols.out}`;
  return [`${size}. Window [${place.join(", ")}] reads ${under}`, `${times(low, high)}${note} ${bothLeftovers(rows, cols)}${gone}`,
    `${size}. Window row ${place[0]}, column ${place[1]}: ${under}.`];
}

/** Small seeded random numbers (mulberry32): the same question for everyone. */
function random(seed) {
  let a = Math.imul(seed, 0x9e3779b1);
  return (low, high) => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return low + Math.floor((((t ^ (t >>> 14)) >>> 0) / 4294967296) * (high - low + 1));
  };
}

/** Answers that a slip gives, with the slip's name. */
function slips({ n, k, p, s, d, span, room }) {
  const size = (cells, wide = span) => Math.floor((cells - wide) / s) + 1;
  return [
    [size(n + p), `The padding is counted once. p = ${p} is per side, so it comes twice.`],
    [size(n), "The padding is left out."],
    [Math.ceil(room / s) + 1, "You rounded up. The floor drops the remainder: a window that does not fit is not taken."],
    [Math.floor(room / s), "The + 1 is missing: the window at the very start counts too."],
    [size(n + 2 * p, k), `The dilation is left out: the kernel spans ${d}·(${k} − 1) + 1 = ${span} cells, not ${k}.`],
    [size(n + 2 * p, d * k), `With dilation ${d} the kernel spans d(k − 1) + 1 = ${span} cells, not d·k = ${d * k}.`],
    [size(n + 4 * p), "The padding is counted four times: p is per side already, so it comes twice."],
    [Math.floor((n + 2 * p) / s) + 1, `The kernel is left out: the last window starts ${span - 1} cells before the end.`],
    [room + 1, "That is the size at stride 1."],
    [Math.floor((room + 1) / s), "The + 1 goes after the division, not before it."],
    [n, "That is the size of the input."],
  ];
}

/** Why a guess misses: the slip that gives it, if one of the usual ones does. */
export function explain(axis, guess) {
  if (guess === undefined || guess === axis.size) return axis.rest ? `The floor drops ${axis.rest}.` : "The division comes out even.";
  return slips(axis).find(([value]) => value === guess)?.[1] ?? "None of the usual slips: follow the numbers in the formula.";
}

/** The numbers of a question: settings on which the common slips give other answers. */
export function question(seed) {
  const pick = random(seed);
  for (;;) {
    const [n, k, s, p] = [pick(5, 28), pick(2, 6), pick(1, 4), pick(0, 3)];
    const d = k > 3 || pick(0, 2) ? 1 : 2;
    const axis = axisOf({ n, k, p, s, d, mode: "zeros" });
    if (axis.why || p >= axis.span || (s === 1 && d === 1) || axis.size < 2) continue;
    const wrong = new Set(slips(axis).slice(0, 5).map(([value]) => value));
    wrong.delete(axis.size);
    if (wrong.size >= 3) return { n, k, p, s, d };
  }
}
