/**
 * Counts, in bits, what a session hands out, against a ceiling for each second of sound. What an output means is the model's business;
 * how much it can carry is arithmetic.
 */
import type { PrivacyLevel } from '../types.js';
import type { Price } from './report.js';

/**
 * Bits a second. `high`: a code of a codebook of 1,024 at 100 frames a second. `moderate`: half of a log-mel of 80 bands at 100 frames a
 * second in float32, so that none passes.
 */
export const kCeilings: Readonly<Record<PrivacyLevel, number>> = { low: Infinity, moderate: 128_000, high: 1_000 };

/** How a call ends is one of seven: an answer, or one of the codes of checks.ts and of the guard's own. */
export const kOutcomeBits = 3;

/** Shapes of answers that are remembered. */
const kMostShapes = 256;

/** What one output of an answer carries. */
export interface Amount {
  /** All values together. */
  readonly bits: number;
  /** One element, for the room that there is for more. */
  readonly each: number;
  /** Extents that the file leaves open, in order. */
  readonly open: readonly number[];
  /** The most that one of them can be, as far as the file says. */
  readonly most: number;
  /** Whether what was said decides about extents, so that each answer tells by them; equal inputs do otherwise. */
  readonly free: boolean;
}

export class Account {
  readonly #ceiling: number;
  /** What answers to equal inputs looked like: their shapes tell nothing any more. */
  readonly #shapes = new Map<string, string>();
  readonly #most: number;
  #bits = 0;
  #seconds = 0;

  /** `most`: what outputs can carry for each second of an answer (price.ts). */
  constructor(ceiling: number, most: number) {
    this.#ceiling = ceiling;
    this.#most = most;
  }

  get price(): Price {
    return { ceiling: this.#ceiling, most: this.#most, bits: Math.ceil(this.#bits), seconds: this.#seconds };
  }

  /** One second is lent in advance, so that short sounds are answered. */
  get #balance(): number {
    return this.#ceiling * (1 + this.#seconds) - this.#bits;
  }

  /** A call with so much sound begins. False when there is no room even for the way it ends. */
  begin(seconds: number): boolean {
    this.#seconds += seconds;
    if (this.#balance < kOutcomeBits) return false;
    this.#bits += kOutcomeBits;
    return true;
  }

  /**
   * Books an answer to the input that `input` describes. False, with nothing booked, when it is more than there is room for, or of
   * another shape than the answer to an equal input was.
   */
  spend(input: string, answer: readonly Amount[]): boolean {
    const shape = answer.map(({ open, free }) => (free ? '' : open.join('x'))).join();
    const known = this.#shapes.get(input);
    if (known !== undefined && known !== shape) return false;
    const balance = this.#balance;
    let bits = 0;
    for (const { bits: values, each, open, most, free } of answer) {
      bits += values;
      if ((known !== undefined && !free) || this.#ceiling === Infinity) continue;
      const room = Math.min(most, Math.floor(balance / each));
      for (const extent of open) {
        if (extent > room) return false;
        bits += Math.log2(1 + room);
      }
    }
    if (bits > balance) return false;
    if (this.#shapes.size < kMostShapes) this.#shapes.set(input, shape);
    this.#bits += bits;
    return true;
  }
}
