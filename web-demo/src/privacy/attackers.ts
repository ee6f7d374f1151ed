/**
 * The attackers that come with the page: logistic regressions that `edgy audit --export-attackers` trained on other recordings than
 * those shown here. They see what a stranger would be handed, and say what they believe.
 */
import type { PrivateEncoding } from '../engine';
import { type Grams, gramCounts, type Linear } from './linear';

export type Question = 'who' | 'sex';
/** What an attacker is given: as the audit calls it. */
export type Given = 'mel' | 'phones, events' | 'indices, events';

export interface Attacker extends Linear, Partial<Grams> {
  readonly question: Question;
  readonly representation: string;
  readonly pooling: 'moments' | 'histogram' | 'grams';
}

export class Attackers {
  private constructor(readonly all: readonly Attacker[]) {}

  static async load(url: string): Promise<Attackers> {
    const response = await fetch(url);
    if (!response.ok) throw new Error(`The attackers could not be loaded (HTTP ${response.status}).`);
    const { attackers } = (await response.json()) as { attackers: Attacker[] };
    return new Attackers(attackers);
  }

  find(question: Question, given: Given): Attacker | undefined {
    return this.all.find((one) => one.question === question && one.representation === given);
  }
}

/** What this attacker makes its guess from. */
export function featuresFor(attacker: Attacker, { mel, events }: PrivateEncoding): Float32Array {
  const { codes, grams } = attacker;
  if (codes === undefined || !grams) return moments(mel.frames, mel.bands, mel.data);
  return gramCounts(attacker.representation.startsWith('phones') ? events.phones : events.classes, { codes, grams });
}

/** Mean, then deviation, of each channel over time; `data` is [channels, frames]. */
export function moments(frames: number, channels: number, data: Float32Array): Float32Array {
  const pooled = new Float32Array(2 * channels);
  for (let channel = 0; channel < channels; channel++) {
    const row = data.subarray(channel * frames, (channel + 1) * frames);
    const mean = row.reduce((sum, x) => sum + x, 0) / frames;
    const square = row.reduce((sum, x) => sum + (x - mean) ** 2, 0) / frames;
    pooled[channel] = mean;
    pooled[channels + channel] = Math.sqrt(square);
  }
  return pooled;
}
