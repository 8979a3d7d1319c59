/** An explorer's variables: checked, shared with Python or the page, undone, linked. */

/** Kinds of variables. Python's traits say the same limits; a test compares them. */
export const whole = (low, high) => ({ kind: "whole", low, high });
export const real = (low, high) => ({ kind: "real", low, high });
export const flag = () => ({ kind: "flag" });
export const choice = (...options) => ({ kind: "choice", options });
/** rows and cols are [least, most]; every entry lies within ±limit */
export const grid = (rows, cols, limit) => ({ kind: "grid", rows, cols, limit });
/** nested lists of several axes, the cells of each as [least, most]; every entry lies within ±limit */
export const block = (sides, limit) => ({ kind: "block", sides, limit });
/** a list of [least, most] numbers within [low, high] */
export const list = (count, low, high) => ({ kind: "list", count, low, high });

const clamp = (v, low, high) => Math.min(high, Math.max(low, v));
const number = (v) => typeof v === "number" && Number.isFinite(v);
const within = (n, [low, high]) => n >= low && n <= high;

/**
 * The value that a rule lets through: clamped where that makes sense.
 * @returns {*} undefined where it is refused
 */
export function clean(rule, value) {
  switch (rule.kind) {
    case "whole":
      return number(value) ? clamp(Math.round(value), rule.low, rule.high) : undefined;
    case "real":
      return number(value) ? clamp(value, rule.low, rule.high) : undefined;
    case "flag":
      return typeof value === "boolean" ? value : undefined;
    case "choice":
      return rule.options.includes(value) ? value : undefined;
    case "list": {
      const ok = Array.isArray(value) && within(value.length, rule.count) && value.every(number);
      return ok ? value.map((v) => clamp(v, rule.low, rule.high)) : undefined;
    }
    case "grid": {
      const ok = Array.isArray(value) && within(value.length, rule.rows)
        && value.every((row) => Array.isArray(row) && row.length === value[0].length
          && within(row.length, rule.cols) && row.every(number));
      return ok ? value.map((row) => row.map((v) => clamp(v, -rule.limit, rule.limit))) : undefined;
    }
    case "block": {
      const shape = [];
      for (let level = value; Array.isArray(level) && shape.length < 9; level = level[0]) shape.push(level.length);
      const fits = (part, axis) => (axis === shape.length ? number(part)
        : Array.isArray(part) && part.length === shape[axis] && part.every((p) => fits(p, axis + 1)));
      const ok = shape.length === rule.sides.length && shape.every((n, axis) => within(n, rule.sides[axis]))
        && fits(value, 0);
      const clamped = (part) => (Array.isArray(part) ? part.map(clamped) : clamp(part, -rule.limit, rule.limit));
      return ok ? clamped(value) : undefined;
    }
    default:
      throw new Error(`no kind of variable is called ${rule.kind}`);
  }
}

const same = (a, b) => a === b || JSON.stringify(a) === JSON.stringify(b);
const UNDO_DEPTH = 20;

/**
 * The variables of one explorer. `set` is the only way to change them.
 * @param model  anywidget's, or the page's stand-in
 * @param {Object<string, Object>} schema  name → rule
 * @param {AbortSignal} signal
 * @param {(values: Object) => string} [conflict]  why values cannot stand together, or ""
 */
export function createStore(model, schema, signal, conflict = () => "") {
  const names = Object.keys(schema);
  const notes = [];
  const start = {};
  for (const name of names) {
    const value = clean(schema[name], model.get(name));
    if (value === undefined) throw new Error(`${name} has an impossible starting value`);
    start[name] = value;
  }
  let now = { ...start };
  let past = [];
  let sending = false;
  const listeners = new Set();
  const tell = (changed, cause) => listeners.forEach((fn) => fn(changed, cause));

  function apply(patch, cause) {
    const changed = new Set();
    for (const [name, value] of Object.entries(patch)) {
      if (same(now[name], value)) continue;
      now[name] = value;
      changed.add(name);
    }
    if (!changed.size) return;
    if (cause !== "python") {
      sending = true;
      for (const name of changed) model.set(name, now[name]);
      model.save_changes();
      sending = false;
    }
    tell(changed, cause);
  }

  /** Keep what the rules let through; say in `notes` what was refused. */
  function checked(patch) {
    const out = {};
    for (const [name, raw] of Object.entries(patch)) {
      if (!Object.hasOwn(schema, name)) continue;
      const value = clean(schema[name], raw);
      if (value === undefined) notes.push(name);
      else out[name] = value;
    }
    const clash = conflict({ ...now, ...out });
    if (!clash) return out;
    notes.push(clash);
    return {};
  }

  const store = {
    get: (name) => now[name],
    schema,
    /**
     * @param {Object} patch
     * @param {string | null} [gesture]  changes of one gesture undo together; null: only
     *   looked (a pointer that passes over), nothing to undo
     */
    set(patch, gesture) {
      const next = checked(patch);
      if (Object.entries(next).every(([name, v]) => same(now[name], v))) return;
      const last = past.at(-1);
      if (gesture !== null && (!gesture || last?.gesture !== gesture)) {
        past.push({ state: { ...now }, gesture });
        if (past.length > UNDO_DEPTH) past.shift();
      }
      apply(next, "page");
    },
    canUndo: () => past.length > 0,
    undo() {
      const last = past.pop();
      if (last) apply(last.state, "undo");
    },
    /** @returns {boolean} whether anything differed from the start */
    reset() {
      if (names.every((name) => same(now[name], start[name]))) return false;
      past.push({ state: { ...now } });
      apply({ ...start }, "reset");
      return true;
    },
    /** what differs from the start, for a link */
    changes: () => Object.fromEntries(
      names.filter((n) => !same(now[n], start[n])).map((n) => [n, now[n]])),
    /** take a link's values; returns the names that were refused */
    restore(raw) {
      notes.length = 0;
      if (raw && typeof raw === "object" && !Array.isArray(raw)) apply(checked(raw), "link");
      else notes.push("everything");
      return [...notes];
    },
    subscribe(fn) {
      listeners.add(fn);
      signal.addEventListener("abort", () => listeners.delete(fn));
    },
  };
  for (const name of names) {
    const arrived = () => {
      if (sending) return;
      // all of them: two that fit only together may have come one by one
      apply(checked(Object.fromEntries(names.map((n) => [n, model.get(n)]))), "python");
    };
    model.on(`change:${name}`, arrived);
    signal.addEventListener("abort", () => model.off(`change:${name}`, arrived));
  }
  return store;
}
