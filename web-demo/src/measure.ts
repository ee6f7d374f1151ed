/** What is computed from the models' answers: speed, and how far int8 is from fp32. */
import type { Encoding, Models, Times } from './engine';

/** Medians, in milliseconds. */
export interface Timing {
  readonly frontEnd: number;
  readonly inference: number;
  /** From the call to the answer, as the page sees it. */
  readonly total: number;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
}

export type Timed = 'private' | 'int8' | 'f32';
const kTimed: readonly Timed[] = ['private', 'int8', 'f32'];

/** All models in turn, so that a busy moment of the machine falls on each. */
export async function timeModels(
  models: Models,
  pcm: Float32Array,
  runs: number,
  warmUp = 2,
): Promise<Record<Timed, Timing>> {
  const seen: Record<Timed, Times[]> = { private: [], int8: [], f32: [] };
  for (let run = -warmUp; run < runs; run++) {
    for (const name of kTimed) {
      const model = name === 'private' ? models.private.shipped : models[name];
      const { timings } = await model.run(pcm);
      if (run >= 0) seen[name].push(timings);
    }
  }
  const medians = (times: Times[]): Timing => ({
    frontEnd: median(times.map(({ frontEnd }) => frontEnd)),
    inference: median(times.map(({ inference }) => inference)),
    total: median(times.map(({ total }) => total)),
  });
  return { private: medians(seen.private), int8: medians(seen.int8), f32: medians(seen.f32) };
}

/** Sums over recordings, from which the shares are taken. */
export class Comparison {
  frames = 0;
  equal = 0;
  #dot = 0;
  #normA = 0;
  #normB = 0;

  add(a: Encoding, b: Encoding): this {
    const frames = Math.min(a.codes.length, b.codes.length);
    this.frames += frames;
    for (let i = 0; i < frames; i++) if (a.codes[i] === b.codes[i]) this.equal++;
    for (let i = 0; i < Math.min(a.z.length, b.z.length); i++) {
      const x = a.z[i] as number;
      const y = b.z[i] as number;
      this.#dot += x * y;
      this.#normA += x * x;
      this.#normB += y * y;
    }
    return this;
  }

  /** 0..1. */
  get agreement(): number {
    return this.frames ? this.equal / this.frames : 0;
  }

  get cosine(): number {
    return this.#normA && this.#normB ? this.#dot / Math.sqrt(this.#normA * this.#normB) : 0;
  }
}

/** The loudest stretch of `samples`, or the whole recording, padded with silence, if it is shorter. */
export function loudest(pcm: Float32Array, samples: number): Float32Array {
  const excerpt = new Float32Array(samples);
  if (pcm.length <= samples) {
    excerpt.set(pcm);
    return excerpt;
  }
  let energy = 0;
  for (let i = 0; i < samples; i++) energy += (pcm[i] as number) ** 2;
  let best = energy;
  let start = 0;
  for (let i = samples; i < pcm.length; i++) {
    energy += (pcm[i] as number) ** 2 - (pcm[i - samples] as number) ** 2;
    if (energy > best) {
      best = energy;
      start = i - samples + 1;
    }
  }
  return pcm.slice(start, start + samples);
}
