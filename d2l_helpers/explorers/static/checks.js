/** What every sum asks of its arguments; the answer to nonsense is a RangeError with numbers. */

/** How many numbers a shape holds. */
export const volume = (shape) => shape.reduce((product, n) => product * n, 1);

/** @returns {number} `value`, an integer of at least `least` @throws {RangeError} if it is not */
export function checkWhole(value, name, least) {
  if (!Number.isInteger(value) || value < least) {
    throw new RangeError(`${name} must be an integer of at least ${least}, got ${value}`);
  }
  return value;
}

/** @returns {[number, number]} one number twice, or two numbers @throws {RangeError} */
export function asPair(value, name, least) {
  const pair = Array.isArray(value) ? value : [value, value];
  if (pair.length !== 2) {
    throw new RangeError(`${name} must be one integer or two (rows, columns), got [${pair}]`);
  }
  return pair.map((n) => checkWhole(n, name, least));
}

/** @throws {RangeError} for a value that is none of the choices */
export function checkChoice(value, name, choices) {
  if (!choices.includes(value)) {
    throw new RangeError(`${name} must be one of ${choices.join(", ")}; got ${value}`);
  }
}

/** @throws {RangeError} for a list of numbers of another length */
export function checkLength(numbers, name, length) {
  if (numbers?.length !== length) {
    throw new RangeError(`${name} must hold ${length} numbers, got ${numbers?.length ?? numbers}`);
  }
}

/** @throws {RangeError} for what is no tensor, or has another number of axes than one of `axes` */
export function checkTensor(T, name, layout, ...axes) {
  const shape = T?.shape;
  if (!Array.isArray(shape) || !axes.includes(shape.length)) {
    throw new RangeError(`${name} must be a tensor ${layout}, got the shape [${shape}]`);
  }
  shape.forEach((n) => checkWhole(n, `each side of ${name}`, 1));
  checkLength(T.data, `${name} of shape [${shape}]`, volume(shape));
}

/** @throws {RangeError} for a tensor of another shape */
export function checkShape(T, name, shape) {
  checkTensor(T, name, `[${shape}]`, shape.length);
  if (shape.some((n, axis) => n !== T.shape[axis])) {
    throw new RangeError(`${name} must have the shape [${shape}], got [${T.shape}]`);
  }
}
