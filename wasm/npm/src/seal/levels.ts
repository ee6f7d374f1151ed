/** EDGY's privacy levels: `low` hands out everything, `moderate` codes and a chosen speaker vector, `high` codes alone. */
import type { PrivacyLevel } from '../types.js';

export const kLevels: readonly PrivacyLevel[] = ['low', 'moderate', 'high'];

export function isLevel(value: unknown): value is PrivacyLevel {
  return kLevels.includes(value as PrivacyLevel);
}

/** Whether `level` is at least as private as `other`. */
export function atLeast(level: PrivacyLevel, other: PrivacyLevel): boolean {
  return kLevels.indexOf(level) >= kLevels.indexOf(other);
}

/** An output marked `moderate` is handed out by sessions at `low` and `moderate`. */
export function handedOut(output: PrivacyLevel, session: PrivacyLevel): boolean {
  return atLeast(output, session);
}
