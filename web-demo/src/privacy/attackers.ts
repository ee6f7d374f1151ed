/**
 * The attackers that come with the page: logistic regressions that `edgy audit --export-attackers` trained on other recordings than
 * those shown here. They see what a stranger would be handed, and say what they believe.
 */
import type { Encoding } from '../engine';

export type Question = 'who' | 'sex';
export type Given = 'mel' | 'z' | 'indices';

/** Judged on recordings that the attacker was not trained on. Shares are 0..1. */
export interface Judged {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  /** What guessing the most frequent class reaches. */
  readonly chance: number;
  readonly count: number;
  readonly units: number;
}

export interface Attacker {
  readonly question: Question;
  readonly representation: Given;
  readonly pooling: 'moments' | 'histogram';
  readonly classes: readonly string[];
  readonly mean: readonly number[];
  readonly scale: readonly number[];
  readonly step: readonly number[];
  /** [class][feature], -127..127 */
  readonly weights: readonly (readonly number[])[];
  readonly bias: readonly number[];
  readonly judged: Judged;
}

export interface Belief {
  readonly name: string;
  /** 0..1; all beliefs of one attacker add up to 1. */
  readonly share: number;
}

interface AttackersFile {
  readonly attackers: readonly Attacker[];
  readonly voices: Readonly<Record<string, readonly number[]>>;
}

export class Attackers {
  readonly #file: AttackersFile;

  private constructor(file: AttackersFile) {
    this.#file = file;
  }

  static async load(url: URL): Promise<Attackers> {
    const response = await fetch(url);
    if (!response.ok) throw new Error(`The attackers could not be loaded (HTTP ${response.status}).`);
    return new Attackers((await response.json()) as AttackersFile);
  }

  /** Speakers whose mean vector is known. */
  get voices(): readonly string[] {
    return Object.keys(this.#file.voices);
  }

  voice(speaker: string): Float32Array | undefined {
    const vector = this.#file.voices[speaker];
    return vector && Float32Array.from(vector);
  }

  find(question: Question, given: Given): Attacker | undefined {
    return this.#file.attackers.find((one) => one.question === question && one.representation === given);
  }
}

/** Softmax of the attacker's scores, the likeliest first. */
export function ask(attacker: Attacker, features: ArrayLike<number>): Belief[] {
  const scores = attacker.classes.map((_, at) => {
    const weights = attacker.weights[at] ?? [];
    let sum = 0;
    for (let f = 0; f < weights.length; f++) {
      const centred = (features[f] as number) - (attacker.mean[f] as number);
      sum += (weights[f] as number) * centred * (attacker.scale[f] as number);
    }
    return (attacker.bias[at] as number) + (attacker.step[at] as number) * sum;
  });
  const top = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - top));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return attacker.classes
    .map((name, at) => ({ name, share: (powers[at] as number) / total }))
    .sort((a, b) => b.share - a.share);
}

/** Mean, then deviation, of each channel over time. */
function moments(frames: number, channels: number, at: (frame: number, channel: number) => number): Float32Array {
  const pooled = new Float32Array(2 * channels);
  for (let channel = 0; channel < channels; channel++) {
    let mean = 0;
    for (let frame = 0; frame < frames; frame++) mean += at(frame, channel) / frames;
    let square = 0;
    for (let frame = 0; frame < frames; frame++) square += (at(frame, channel) - mean) ** 2 / frames;
    pooled[channel] = mean;
    pooled[channels + channel] = Math.sqrt(square);
  }
  return pooled;
}

export function melMoments({ mel }: Encoding): Float32Array | undefined {
  return mel && moments(mel.frames, mel.bands, (frame, band) => mel.data[band * mel.frames + frame] as number);
}

/** What stands for a voice: moments of z. */
export function zMoments({ z, codes }: Encoding): Float32Array {
  const channels = z.length / codes.length;
  return moments(codes.length, channels, (frame, channel) => z[frame * channels + channel] as number);
}

/** The share of frames that each code takes. */
export function histogram({ codes }: Encoding, size: number): Float32Array {
  const shares = new Float32Array(size);
  for (const code of codes) shares[code] = (shares[code] as number) + 1 / codes.length;
  return shares;
}
