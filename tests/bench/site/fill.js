// The values that models are measured and calibrated on: fixed pseudo-random numbers, the same for every runtime.

const arrays = { float32: Float32Array, int64: BigInt64Array, int32: Int32Array, int8: Int8Array };

/**
 * Numbers from 0 to 1, or `value` everywhere.
 * @param {keyof typeof arrays} type @param {number} size @param {number} [value]
 */
export function fill(type, size, value) {
  if (value !== undefined)
    return type === 'int64' ? new BigInt64Array(size).fill(BigInt(value)) : new arrays[type](size).fill(value);
  let state = 12345;
  return arrays[type].from({ length: size }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  });
}
