/** Where each code lies among the others, and the place and colour that follow from it. */
import places from '../generated/codebook.json';
import { oklch, type Rgb } from './color';

type Place = readonly [number, number, number];
const kPlaces = places as unknown as readonly Place[];

export const kCodeCount = kPlaces.length;

function rankOf(values: readonly number[]): readonly number[] {
  const order = values.map((_, at) => at).sort((a, b) => (values[a] as number) - (values[b] as number));
  const ranks = new Array<number>(values.length);
  order.forEach((at, rank) => {
    ranks[at] = rank / Math.max(1, values.length - 1);
  });
  return ranks;
}

// Ranks instead of values: hues and heights are then used evenly, however the codes crowd.
const kHue = rankOf(kPlaces.map(([x, y]) => Math.atan2(y, x)));
const kLight = rankOf(kPlaces.map(([, , z]) => z));
const kRadius = rankOf(kPlaces.map(([x, y]) => Math.hypot(x, y)));
const kHeight = rankOf(kPlaces.map(([x]) => x));

/** On the map: -1..1 in both directions. */
export function placeOf(code: number): readonly [number, number] {
  const angle = Math.atan2(kPlaces[code]?.[1] ?? 0, kPlaces[code]?.[0] ?? 0);
  const radius = Math.sqrt(kRadius[code] ?? 0);
  return [radius * Math.cos(angle), radius * Math.sin(angle)];
}

/** On the score: 0 (bottom) to 1 (top), along the first principal axis. */
export function heightOf(code: number): number {
  return kHeight[code] ?? 0;
}

/** Angle on the map gives the hue, distance from its middle the strength, the third axis the lightness. */
export function codeColors(theme: 'light' | 'dark'): readonly Rgb[] {
  const [base, range] = theme === 'light' ? [0.52, 0.2] : [0.6, 0.22];
  return kPlaces.map((_, code) =>
    oklch(base + range * (kLight[code] ?? 0), 0.06 + 0.1 * (kRadius[code] ?? 0), 360 * (kHue[code] ?? 0)),
  );
}
