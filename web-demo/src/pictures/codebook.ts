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

export class Codebook {
  readonly #places: readonly Place[];
  // Ranks instead of values: hues and heights are then used evenly, however the codes crowd.
  readonly #hue: readonly number[];
  readonly #light: readonly number[];
  readonly #radius: readonly number[];
  readonly #height: readonly number[];

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
    const angle = Math.atan2(this.#places[code]?.[1] ?? 0, this.#places[code]?.[0] ?? 0);
    const radius = Math.sqrt(this.#radius[code] ?? 0);
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
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
