/**
 * Linear classifiers as `edgy audit` exports them: the attackers, and the recognizer of digits (docs/private-encoder.md, "A recognizer on
 * events").
 */

/** Judged on recordings that the classifier was not trained on. Shares are 0..1. */
export interface Judged {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  /** What guessing the most frequent class reaches. */
  readonly chance: number;
  readonly count: number;
  readonly units: number;
}

export interface Linear {
  readonly classes: readonly string[];
  readonly mean: readonly number[];
  readonly scale: readonly number[];
  readonly step: readonly number[];
  /** [class][feature], -127..127 */
  readonly weights: readonly (readonly number[])[];
  readonly bias: readonly number[];
  readonly judged: Judged;
}

/** What is counted in a sequence of events; the number `codes` stands for its beginning and its end. */
export interface Grams {
  readonly codes: number;
  readonly grams: readonly (readonly number[])[];
}

export interface Belief {
  readonly name: string;
  /** 0..1; all beliefs of one classifier add up to 1. */
  readonly share: number;
}

/** Softmax of the classifier's scores, the likeliest first. */
export function ask(classifier: Linear, features: ArrayLike<number>): Belief[] {
  const { classes, mean, scale, step, weights, bias } = classifier;
  const scores = classes.map((_, at) => {
    const own = weights[at] ?? [];
    let sum = 0;
    for (let f = 0; f < own.length; f++) {
      sum += (own[f] as number) * ((features[f] as number) - (mean[f] as number)) * (scale[f] as number);
    }
    return (bias[at] as number) + (step[at] as number) * sum;
  });
  const shares = softmax(scores);
  return classes.map((name, at) => ({ name, share: shares[at] as number })).sort((a, b) => b.share - a.share);
}

function softmax(scores: readonly number[]): number[] {
  const top = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - top));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}

/** ln(1 + how often each gram occurs), boundaries included. */
export function gramCounts(events: ArrayLike<number>, { codes, grams }: Grams): Float32Array {
  const places = new Map(grams.map((gram, at) => [gram.join(), at]));
  const longest = Math.max(...grams.map(({ length }) => length));
  const sequence = [codes, ...Array.from(events), codes];
  const counts = new Float32Array(grams.length);
  for (let from = 0; from < sequence.length; from++) {
    for (let to = from + 1; to <= Math.min(from + longest, sequence.length); to++) {
      const place = places.get(sequence.slice(from, to).join());
      if (place !== undefined) counts[place] = (counts[place] as number) + 1;
    }
  }
  return counts.map((count) => Math.log1p(count));
}
