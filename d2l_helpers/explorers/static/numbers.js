/**
 * Numbers as people write them: "1,521", "4,61", "1 521", "39²", "722/2", "9 of 100", "forty-nine".
 * Nothing is run: a text is taken apart and worked out. A doubtful one is asked about.
 */
import { group, show } from "./dom.js";

const LONGEST = 80;
const UNDER_20 = ("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
  + "fifteen sixteen seventeen eighteen nineteen").split(" ");
const TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split(" ");
const SCALES = { hundred: 1e2, thousand: 1e3, k: 1e3, million: 1e6, m: 1e6, billion: 1e9, g: 1e9 };
const NAME = [...UNDER_20, ...TENS, "hundred", "thousand", "million", "billion"].join("|");
const NAMES = new RegExp(`\\b(?:${NAME})(?:(?:-|\\s+(?:and\\s+)?)(?:${NAME}))*\\b`, "gi");
/** What may stand around a number without changing it. */
const FILLERS = new Set(("a an the it its is are be i think guess say maybe perhaps probably so that there thus answer result number "
  + "about approximately approx around roughly circa ca exactly precisely equals total altogether tensor").split(" "));
const RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻";
const OPERATORS = { x: "*", times: "*", plus: "+", minus: "-", negative: "-", over: "/" };
const FUNCTIONS = { ln: [Math.log], log: [Math.log, Math.log10], lg: [Math.log10], lb: [Math.log2], sqrt: [Math.sqrt], exp: [Math.exp] };
const TOKEN = /\s*(\d[\d_]*(?:[.,][\d_]+)*\.?(?:e[+-]?\d+)?|[.,]\d+|[a-z]+|[-+*/^()%])/iy;

/** "1,200", "−0.25", "4.61": four digits after the point at most, and no zeros to fill them up. */
export const inWords = (v) => (Number.isInteger(v) && Math.abs(v) >= 1000 ? group(v)
  : show(v, 4).replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "")).replace("-", "−");

/** Are two numbers the same, as far as a question is meant? */
export const close = (a, b, within = 0) => Math.abs(a - b) <= within + 1e-9 * Math.abs(b);

/** How well a number fits a question: 2 it is right, 1 a known mistake or of the right size, 0 neither. */
export const rankBy = (right, within = 0, known = []) => (v) => {
  if (close(v, right, within)) return 2;
  return known.some((a) => close(v, a)) || (v * right > 0 && Math.abs(Math.log10(v / right)) < 1) ? 1 : 0;
};

/** "two hundred and six" → "206"; what is no single number stays several: "six three" → "6 3". */
function digits(words) {
  const found = [];
  let [total, part, last] = [0, 0, Infinity];
  const end = () => { found.push(total + part); [total, part] = [0, 0]; };
  for (const word of words.toLowerCase().split(/-|\s+(?:and\s+)?/)) {
    const scale = SCALES[word];
    const v = UNDER_20.indexOf(word) + 1 ? UNDER_20.indexOf(word) : 20 + 10 * TENS.indexOf(word);
    if (scale === 100) part = (part || 1) * 100;
    else if (scale) { total += (part || 1) * scale; part = 0; }
    else {
      if (last !== Infinity && !(last >= 100 || (last >= 20 && v > 0 && v < 10))) end();
      part += v;
    }
    last = scale ?? v;
  }
  end();
  return found.join(" ");
}

/** The text in the signs that the rest knows. */
function plain(text) {
  return text
    .replace(new RegExp(`[${RAISED}]+`, "g"), (run) => `^(${[...run].map((c) => "0123456789+-"[RAISED.indexOf(c)]).join("")})`)
    .replace(/[¼-¾⅐-⅞]/g, " $&").normalize("NFKC")
    .replace(/\blog_?(2|10)(?=\s*\(|\s+\d)/gi, (_, base) => (base === "2" ? "lb" : "lg"))
    .replace(/(\d)['’‘′`´ʼ](?=\d{3}(?!\d))/g, "$1_").replace(/["“”„]|(^|\D)['’‘]|['’‘](?!\d)/g, "$1")
    .replace(/([a-z])\./gi, "$1 ")
    .replace(/(^|[^\d.,_])(\d{1,3}(?:\s\d{3})+)(?![\d/])/g, (_, before, run) => before + run.replace(/\s/g, "_"))
    .replace(/(\d)(?:st|nd|rd|th)\b/gi, "$1")
    .replace(/\*\*/g, "^").replace(/[×·⋅∙•✕✖]/g, "*").replace(/[÷⁄∕]/g, "/").replace(/√/g, " sqrt ")
    .replace(/[[{]/g, "(").replace(/[\]}]/g, ")").replace(/#/g, " ")
    .replace(/[−‐‑‒]/g, "-").replace(/\bper\s?cent\b|\bpct\b/gi, "%")
    .replace(/\bdivided by\b/gi, "/").replace(/\bsquared\b/gi, "^2").replace(/\bcubed\b/gi, "^3")
    .replace(/\bhalf\b/gi, "1/2").replace(/\b(?:none|nothing)\b/gi, "0")
    .replace(/(\d)\s*(hundred|thousand|million|billion|[kKMG])\b/g, (_, digit, name) => `${digit}*${SCALES[name.toLowerCase()]}`)
    .replace(/,(?=\s[a-z])/gi, "").replace(NAMES, digits).trim().replace(/[.,;!?\s]+$/, "");
}

/** What the digits of one number can mean; a comma or a point before three digits means two things. */
function literal(token) {
  const [body, power = "0"] = token.toLowerCase().replace(/\.$/, "").split("e");
  const [first, ...rest] = body.replaceAll("_", "").split(/[.,]/);
  const marks = [...body.replace(/[\d_]/g, "")];
  const threes = (parts) => /^[1-9]\d{0,2}$/.test(first) && parts.every((part) => part.length === 3);
  const found = [];
  const alike = new Set(marks).size < 2;
  if (marks.length && alike && !/[_e]/.test(token) && (threes(rest) || /^\d\d?(?:,\d\d)+,\d{3}$/.test(body))) found.push([first, ...rest].join(""));
  const [mark, before] = [marks.at(-1), marks.slice(0, -1)];
  if (marks.length < 2 || (!before.includes(mark) && new Set(before).size === 1 && threes(rest.slice(0, -1)))) {
    found.push(`${first || 0}${rest.slice(0, -1).join("")}.${rest.at(-1) ?? 0}`);
  }
  return found.map((v) => Number(`${v}e${power}`));
}

/** What a sum without "=" can be worth; an empty list where it cannot be read. */
function work(text, words, state) {
  const tokens = [];
  TOKEN.lastIndex = 0;
  for (let found; TOKEN.lastIndex < text.length;) {
    if (!(found = TOKEN.exec(text))) return [];
    const word = found[1].toLowerCase();
    const known = (name) => words.has(name) || words.has(`${name}s`) || words.has(name.replace(/s$/, ""));
    if (!/^[a-z]/.test(word)) tokens.push(word);
    else if (Object.hasOwn(OPERATORS, word) && TOKEN.lastIndex < text.length) tokens.push(OPERATORS[word]);
    else if (Object.hasOwn(FUNCTIONS, word)) tokens.push(word);
    else if ((word === "of" || word === "in") && /\d$/.test(tokens.at(-1))) tokens.push("of");
    else if (word.length === 1) { // "a hundred", but 2a may be a product
      if (tokens.length || !FILLERS.has(word)) return [];
    } else if (!FILLERS.has(word) && !known(word) && !(word === "out" && /^\s*of\b/i.test(text.slice(TOKEN.lastIndex)))) return [];
  }
  let at = 0;
  const take = (...names) => (names.includes(tokens[at]) ? tokens[at++] : "");
  const number = (n) => /^[\d.,]/.test(tokens[n] ?? "");
  const each = (a, b, run) => a.flatMap((x) => b.map((y) => run(x, y))).slice(0, 64);
  function atom() {
    if (Object.hasOwn(FUNCTIONS, tokens[at])) {
      const runs = FUNCTIONS[tokens[at++]];
      const of = raised();
      return runs.flatMap((run) => of.map(run));
    }
    if (take("(")) {
      const inner = sum();
      return take(")") ? inner : [];
    }
    if (!number(at)) return [];
    const found = literal(tokens[at++]);
    if (number(at) && tokens[at + 1] === "/" && number(at + 2)) { // 3 1/4
      const [top, , bottom] = tokens.slice(at, (at += 3)).map(literal);
      return each(found, each(top, bottom, (a, b) => a / b), (a, b) => a + b);
    }
    return found;
  }
  function raised() {
    let found = atom();
    if (take("^")) found = each(found, signed(raised), (a, b) => a ** b);
    while (take("%")) {
      state.share = found;
      found = found.map((v) => v / 100);
    }
    return found;
  }
  function signed(next) {
    const sign = take("-", "+");
    return sign === "-" ? next().map((v) => -v) : next();
  }
  function product() {
    let found = raised();
    for (let sign; (sign = take("*", "/", "of"));) {
      const other = raised();
      if (sign === "of") state.share = found;
      else if (sign === "/" && tokens.length === 3 && found[0] < other[0]) state.part = found; // 9/100
      found = each(found, other, (a, b) => (sign === "*" ? a * b : a / b));
    }
    return found;
  }
  function sum() {
    let found = signed(product);
    for (let sign; (sign = take("+", "-"));) {
      const other = product();
      if (sign === "-" && tokens.length === 3 && found[0] < other[0]) state.doubt = true; // 2-3: from 2 to 3?
      found = each(found, other, (a, b) => (sign === "+" ? a + b : a - b));
    }
    return found;
  }
  const found = sum();
  return at === tokens.length ? found.filter(Number.isFinite) : [];
}

/** "7 + 8 = 15" is 15; sides that differ are no number. The last one may be rounded. */
function sides(text, words, state, rank) {
  const parts = text.replace(/=>|->|[→≈~]|==/g, "=").split("=").map((part) => part.trim()).filter(Boolean);
  const values = parts.map((part) => work(part, words, state));
  const last = values.pop() ?? [];
  for (const [n, other] of values.entries()) {
    if (!other.length && /^[a-z]\w*(?:\s?\(.*\))?$/i.test(parts[n])) continue; // Y[1, 0] = 49
    const place = (v) => 10 ** -(String(v).split(".")[1]?.length ?? 0);
    const same = last.filter((v) => other.some((w) => Math.abs(v - w) < place(v)));
    if (!same.length) return [];
    last.splice(0, last.length, ...(other.some((v) => rank(v) === 2) ? other : same));
  }
  return last;
}

/**
 * The number in a text.
 * @param {string} text
 * @param {{unit?: string, words?: string, rank?: (v: number) => number}} [known]  unit: what is counted, as
 *   "weights", "%" or "of 100"; words: others that may stand beside the number; rank: see `rankBy`, which settles
 *   a text that can be read in two ways where one of them is right, or alone of the right size
 * @returns {{value: number}|{ask: string}}
 */
export function readNumber(text, { unit = "", words = "", rank = () => 0 } = {}) {
  const typed = text.trim().replace(/\s+/g, " ");
  const unread = { ask: `“${typed.length > 20 ? `${typed.slice(0, 20)}…` : typed}” is not one number. Type it as in 1,200 or 0.5.` };
  if (!/[^\s?!.]/.test(typed)) return { ask: "Type one number first." };
  if (typed.length > LONGEST || /\b0[xb]\d/i.test(typed)) return unread;
  const allowed = new Set(`${unit} ${words}`.toLowerCase().match(/[a-z]{2,}/g) ?? []);
  const whole = unit.startsWith("%") ? 100 : Number(/^of ([\d,]+)/.exec(unit)?.[1].replaceAll(",", "") ?? 0);
  if (whole) allowed.add("points").add("percentage");
  const scale = Object.hasOwn(SCALES, unit) ? SCALES[unit] : 0;
  const counted = scale ? typed.replace(new RegExp(`\\s*${unit}[.!?]*$`, "i"), "") : typed;
  const state = { doubt: /\d\s*[–—:]|(?:^|[^\d.,])\d\s?k\b/.test(typed) }; // 2–3, 3:4; 2k may be 2 times k
  let found = sides(plain(counted.replace(/[–—]/g, "-").replace(/(\d\s*):(?=\s*\d)/g, "$1/")), allowed, state, rank);
  if (state.share && whole) found = found.map((v) => v * whole);
  else if (whole && found.some((v) => v > 0 && v < 1)) {
    found = found.flatMap((v) => [v * whole, v]);
    state.doubt = true;
  } else if (state.share || (state.part && unit)) {
    found = [...found, ...(state.share ?? state.part)]; // a share, or how many
    state.doubt = true;
  } else if (state.part) found.push(...state.part.filter((v) => rank(v) === 2));
  else if (scale) found = found.flatMap((v) => (Math.abs(v) >= scale ? [v / scale, v] : [v]));
  found = [...new Set(found.map((v) => Number(v.toPrecision(14))))];
  const right = found.find((v) => rank(v) === 2);
  if (right !== undefined) return { value: right };
  const near = found.length === 1 ? found : found.filter((v) => rank(v));
  if (near.length === 1 && !state.doubt) return { value: near[0] };
  return found.length > 1 ? { ask: `Do you mean ${found.slice(0, 4).map(inWords).join(" or ")}?` } : unread;
}

/**
 * The numbers of a shape: "(6, 3, 3)", "6 × 3 × 3", "6 by 3 by 3". They are whole, so "1,000" is a thousand.
 * @param {string} text
 * @param {number} many  how many there are
 * @returns {{value: number[]}|{ask: string}}
 */
export function readNumbers(text, many) {
  const bare = text.slice(0, 2 * LONGEST).normalize("NFKC").replace(/torch\.size/i, "").trim().replace(/^[([{\s]+/, "").replace(/[)\]}\s.]+$/, "")
    .replace(/(\d\s?|\s)x(?=\s?\d|\s)/gi, "$1×");
  const words = "channels maps rows columns cells pixels high wide";
  for (const between of [/\s*(?:[×*·⋅;|/]|,\s|\bby\b|\band\b)\s*/i, /\s*(?:[×*·⋅;|/,]|\bby\b|\band\b)\s*|\s+/i]) {
    const parts = bare.length < 2 * LONGEST ? bare.split(between) : [];
    const value = parts.map((part) => readNumber(part.replace(/(\d)[.,](?=\d{3}(?!\d))/g, "$1_"), { words }).value);
    if (parts.length === many && value.every(Number.isInteger)) return { value };
  }
  return { ask: `Type ${many} numbers, as in ${Array(many).fill(14).join(" × ")}.` };
}
