/** What was measured beforehand of the page's encoder, with its controls: `make private-tables`, then `make demo-figures` (docs/private-encoder.md). */
import type { PrivacyLevel } from 'edgy';
import figures from '../../models/private-8-figures.json';

/** Shares, 0..1, of held-out recordings; the strongest attacker's, mean of the seeds of training. */
export interface Figure {
  readonly value: number;
  readonly chance: number;
  /** The same found from the same words by one synthetic voice: what no encoder can take away without taking the words. */
  readonly text?: number;
}

export interface LevelFigures {
  /** Who of the six readers, and of four speakers of digits, who is found with twenty recordings at once; a woman or a man. */
  readonly six: Figure;
  readonly four: Figure;
  readonly twenty: Figure;
  readonly sex: Figure;
  /** Equal error rate for two recordings of the six readers: chance is 0.5, and less leaks more. */
  readonly same: Figure;
  /** Use, not leak. */
  readonly digits: Figure;
}

export const kFigures = figures.levels as Record<PrivacyLevel, LevelFigures>;
