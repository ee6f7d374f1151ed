/** Numbers as people read them. */
const kThin = '\u202f';

export function number(value: number, digits = 0): string {
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** Three figures, whatever the size. */
export function milliseconds(value: number): string {
  return `${number(value, value < 10 ? 2 : value < 100 ? 1 : 0)}${kThin}ms`;
}

export function bytes(value: number): string {
  if (value < 1000) return `${number(value)}${kThin}B`;
  if (value < 1e6) return `${number(value / 1e3, value < 1e5 ? 1 : 0)}${kThin}kB`;
  return `${number(value / 1e6, 2)}${kThin}MB`;
}

export function bits(value: number): string {
  return value < 1000 ? `${number(value)}${kThin}bits` : `${number(value / 1e3, value < 1e4 ? 1 : 0)}${kThin}kbit`;
}

export function percent(share: number, digits = 1): string {
  return `${number(share * 100, digits)}${kThin}%`;
}

export function seconds(value: number, digits = 1): string {
  return `${number(value, digits)}${kThin}s`;
}

/** How many times faster than it is spoken. */
export function times(value: number): string {
  return `${number(value, value < 10 ? 1 : 0)}×`;
}
