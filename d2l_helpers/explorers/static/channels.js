/** Channels: a slice for each and one sum; a 1×1 kernel as a mixer of colours; what a layer costs. */
import { whole, flag, choice, grid, list, block } from "./store.js";
import { renderSum } from "./channels-sum.js";
import { renderMix } from "./channels-mix.js";
import { renderCost } from "./channels-cost.js";

const SIDE = 5;
export const schema = {
  // mode "sum"
  X: block([[1, 3], [1, SIDE], [1, SIDE]], 99),
  K: block([[1, 3], [1, 3], [1, SIDE], [1, SIDE]], 99),
  bias: list([1, 3], -99, 99),
  out: whole(0, 2),
  swapped: flag(),
  transposed: flag(),
  // sum and mix: the window's place, or the pixel; sum and cost: what is shown
  row: whole(0, 99),
  column: whole(0, 149),
  shown: choice("predict", "step", "all"),
  // mode "mix"
  outputs: choice("one", "three"),
  w: list([3, 3], -2, 2),
  matrix: grid([3, 3], [3, 3], 9),
  scattered: flag(),
  // mode "cost"
  ci: whole(1, 512),
  co: whole(1, 512),
  k: whole(1, 11),
  side: whole(1, 512),
  groups: whole(1, 512),
};

function render(context) {
  const modes = { sum: renderSum, mix: renderMix, cost: renderCost };
  const { mode } = context.model.get("data") ?? {};
  if (!Object.hasOwn(modes, mode)) throw new Error("channels knows the modes sum, mix and cost");
  modes[mode](context, schema);
}

export default { render, schema };
