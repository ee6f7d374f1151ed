/** What a closed seal says of itself: the public part of what crosses it. */
import type { EventRule, PrivacyLevel } from '../types.js';
import type { Lockdown } from './lockdown.js';
import type { Probes } from './probes.js';

/** Base64 SHA-256 with its prefix, as in Subresource Integrity: 'sha256-...'. */
export type Digest = string;

/** Of the worker to the gate, once. */
export interface WorkerReport {
  readonly lockdown: Lockdown;
  readonly probes: Probes;
}

/** What was seen when the seal was shut. */
export interface Closure {
  readonly policy: string;
  readonly frame: { readonly lockdown: Lockdown; readonly origin: string };
  readonly worker: WorkerReport;
  readonly engine: Digest;
  readonly wasm: Digest;
}

/** One output as the guard treats it. */
export interface SealedOutput {
  readonly name: string;
  /** From the file, or tighter; `high` for integers alone. */
  readonly level: PrivacyLevel;
  /** What one element can carry: the logarithm (base 2) of the number of its values. */
  readonly bits: number;
  /**
   * The most bits that an answer carries in it for each second of its sound, seconds that have begun counted whole. Infinity where the
   * file does not say how many frames a second has.
   */
  readonly bitsPerSecond: number;
  /** Of outputs that hand out events in place of codes. */
  readonly events?: EventRule;
}

/** How much is handed out, in bits, as the guard counts it: whatever the numbers mean, they carry no more. */
export interface Price {
  /** The most bits for each second of sound, in the long run; a run without sound counts as a second. Infinity at level `low`. */
  readonly ceiling: number;
  /**
   * The most that an answer of this model carries for each second of its sound, seconds that have begun counted whole: the outputs' together,
   * and how a call ends. The guard refuses what is more as a lie. Infinity where an output has no price, and at level `low`.
   */
  readonly most: number;
  /** Handed out since the session came to its present level. */
  readonly bits: number;
  /** Of sound, in the same time. */
  readonly seconds: number;
}
