/**
 * What an output can carry at most, from what its file says and the guard holds its answers to (docs/threat-model.md). The converter
 * prints the same (converter/export/price.h).
 */
import type { OutputRule } from './model_policy.js';

/** Those that an answer may have beyond its seconds' (frame_rate in wasm/format/edgy.fbs). */
const kMoreFrames = 2;

/** Frames of an answer to so much sound, at most; of events, codes that they are made of. Infinity where the file does not say. */
export function mostFrames({ frameRate, events }: OutputRule, seconds: number): number {
  if (events && events.codes >= 0) return events.codes;
  return frameRate > 0 ? Math.floor(frameRate * seconds) + kMoreFrames : Infinity;
}

/** Kinds of events. */
export function kindsOf({ values, events }: OutputRule): number {
  const silent = events?.silence.filter((code) => code < (values as number)).length ?? 0;
  return Math.max(1, (values as number) - silent);
}

/**
 * log2 of the number of sequences of at most `runs` events, of `kinds` kinds, no two alike side by side: 1 + sum of
 * kinds (kinds - 1)^(n - 1) over n from 1 to `runs`. Concave in `runs`, which need not be whole: s times the runs carry at most s times as much.
 */
export function eventBits(runs: number, kinds: number): number {
  if (kinds === 1) return Math.log2(1 + Math.min(1, runs));
  if (kinds === 2) return Math.log2(1 + 2 * runs);
  return runs * Math.log2(kinds - 1) + Math.log2((kinds - 2 * (kinds - 1) ** -runs) / (kinds - 2));
}

/**
 * The most bits that an answer carries for each second of its sound, seconds that have begun counted whole: values and how many there
 * are. Infinity where the file does not say how many frames a second has.
 */
export function bitsPerSecond(rule: OutputRule): number {
  const { shape, bits, frameRate, events } = rule;
  // Not rounded down, so that it holds for many seconds at once.
  const frames = events && events.codes >= 0 ? events.codes : frameRate > 0 ? frameRate + kMoreFrames : Infinity;
  if (events) return frames === Infinity ? Infinity : eventBits(frames / events.leastRun, kindsOf(rule));
  const open = shape.filter((extent) => extent < 0).length;
  const each = shape.reduce((product, extent) => (extent < 0 ? product : product * extent), Math.max(1, bits));
  if (open === 0) return each;
  return open === 1 && frames < Infinity ? frames * each + Math.log2(1 + frames) : Infinity;
}
