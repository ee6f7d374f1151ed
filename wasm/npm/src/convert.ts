/** Numbers of plain arrays into those of tensors: what does not fit is refused, never wrapped around. */

const kWholeRange: Readonly<Record<string, readonly [number, number]>> = {
  int8: [-128, 127],
  uint8: [0, 255],
  bool: [0, 1],
  int32: [-(2 ** 31), 2 ** 31 - 1],
};

/** `value` as an element of a tensor of `type`; undefined when it is none. */
export function toElement(type: string, value: unknown): number | bigint | undefined {
  if (type === 'int64') {
    const whole = typeof value === 'bigint' ? value : Number.isSafeInteger(value) ? BigInt(value as number) : undefined;
    return whole === undefined || BigInt.asIntN(64, whole) !== whole ? undefined : whole;
  }
  if (type === 'bool' && typeof value === 'boolean') return Number(value);
  if (typeof value !== 'number') return undefined;
  if (type === 'float16') return halfBits(value);
  const range = kWholeRange[type];
  return !range || (Number.isInteger(value) && value >= range[0] && value <= range[1]) ? value : undefined;
}

/** The bit pattern of the IEEE half float that is nearest to `value`, ties to even. */
function halfBits(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const size = Math.abs(value);
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  if (size >= 65520) return sign | 0x7c00;
  // Numbers below 2^-13 have the spacing of the smallest ones.
  let exponent = -14;
  while (size >= 2 ** (exponent + 1)) exponent++;
  const steps = size / 2 ** (exponent - 10);
  let whole = Math.floor(steps);
  if (steps - whole > 0.5 || (steps - whole === 0.5 && whole % 2 === 1)) whole++;
  return sign | (((exponent + 14) << 10) + whole);
}

/** Whether floats (or `float16` bit patterns) hold a NaN. */
export function hasNaN(type: string, data: ArrayLike<number | bigint>): boolean {
  if (type === 'float32') return Array.prototype.some.call(data, Number.isNaN);
  return type === 'float16' && Array.prototype.some.call(data, (bits: number) => (bits & 0x7fff) > 0x7c00);
}
