/** Where each code lies among the others, and the place and colour that follow from it. */

import described from '../../models/private-8-codes.json';
import places from '../generated/codebook.json';
import { oklch, type Rgb } from './color';

type Place = readonly [number, number, number];

function rankOf(values: readonly number[]): readonly number[] {
  const order = values.map((_, at) => at).sort((a, b) => (values[a] as number) - (values[b] as number));
  const ranks = new Array<number>(values.length);
  order.forEach((at, rank) => {
    ranks[at] = rank / Math.max(1, values.length - 1);
  });
  return ranks;
}

/** On the map, of radius 1: names of codes that are closer to each other cannot be read. */
const kApart = 0.2;
const kPushes = 100;

/** Pushes apart what is too close, within the map. */
function spread(places: readonly (readonly [number, number])[]): readonly (readonly [number, number])[] {
  const moved = places.map(([x, y]) => [x, y] as [number, number]);
  for (let push = 0; push < kPushes; push++) {
    moved.forEach((one, at) => {
      for (const other of moved.slice(at + 1)) {
        const [dx, dy] = [other[0] - one[0], other[1] - one[1]];
        const distance = Math.hypot(dx, dy);
        if (distance >= kApart || distance === 0) continue;
        const by = (kApart - distance) / (2 * distance);
        one[0] -= by * dx;
        one[1] -= by * dy;
        other[0] += by * dx;
        other[1] += by * dy;
      }
    });
    for (const place of moved) {
      const beyond = Math.max(1, Math.hypot(...place));
      place[0] /= beyond;
      place[1] /= beyond;
    }
  }
  return moved;
}

export class Codebook {
  readonly #places: readonly Place[];
  // Ranks instead of values: hues and heights are then used evenly, however the codes crowd.
  readonly #hue: readonly number[];
  readonly #light: readonly number[];
  readonly #radius: readonly number[];
  readonly #height: readonly number[];
  #map: readonly (readonly [number, number])[] | undefined;

  /** `places`: by the three main axes of the codes' vectors, -1..1. */
  constructor(
    places: readonly Place[],
    /** What each code mostly stands for, where that is known. */
    readonly names: readonly string[] = [],
  ) {
    this.#places = places;
    this.#hue = rankOf(places.map(([x, y]) => Math.atan2(y, x)));
    this.#light = rankOf(places.map(([, , z]) => z));
    this.#radius = rankOf(places.map(([x, y]) => Math.hypot(x, y)));
    this.#height = rankOf(places.map(([x]) => x));
  }

  get size(): number {
    return this.#places.length;
  }

  /** On the map: -1..1 in both directions. */
  placeOf(code: number): readonly [number, number] {
    this.#map ??= spread(
      this.#places.map(([x, y], at) => {
        const angle = Math.atan2(y, x);
        const radius = Math.sqrt(this.#radius[at] ?? 0);
        return [radius * Math.cos(angle), radius * Math.sin(angle)];
      }),
    );
    return this.#map[code] ?? [0, 0];
  }

  /** On the score: 0 (bottom) to 1 (top), along the first principal axis. */
  heightOf(code: number): number {
    return this.#height[code] ?? 0;
  }

  /** Angle on the map gives the hue, distance from its middle the strength, the third axis the lightness. */
  colors(theme: 'light' | 'dark'): readonly Rgb[] {
    const [base, range] = theme === 'light' ? [0.52, 0.2] : [0.6, 0.22];
    return this.#places.map((_, code) =>
      oklch(
        base + range * (this.#light[code] ?? 0),
        0.06 + 0.1 * (this.#radius[code] ?? 0),
        360 * (this.#hue[code] ?? 0),
      ),
    );
  }
}

const triples = (of: readonly { readonly place: readonly number[] }[]) =>
  of.map(({ place }) => place as unknown as Place);
const named = (of: readonly { readonly phone: string }[]) => of.map(({ phone }) => phone);

/** Of the private encoder: codes that say phones (level moderate), and the classes they were merged into (level high). */
export const kPhones = new Codebook(triples(described.phones), named(described.phones));
export const kClasses = new Codebook(triples(described.classes), named(described.classes));
/** Of each class, the phone that it mostly stands for, silence aside. */
export const kSayable: readonly string[] = described.classes.map(({ sayable }) => sayable);
/** Of the encoder that shows what compression costs. */
export const kCompared = new Codebook(places as unknown as readonly Place[]);
/** What is no event. */
export const kSilence = 0;
