/** EDGY's privacy levels: what an app is handed at each, and how much that is. */
import type { PrivacyLevel } from 'edgy';

export const kLevels: readonly PrivacyLevel[] = ['low', 'moderate', 'high'];

export function isLevel(value: string): value is PrivacyLevel {
  return (kLevels as readonly string[]).includes(value);
}

/** What can be handed out. `voice` is one vector that stands for a speaker, by default not the one who speaks. */
export type Item = 'mel' | 'z' | 'voice' | 'codes';

export const kItems: Record<PrivacyLevel, readonly Item[]> = {
  low: ['mel', 'z', 'codes'],
  moderate: ['codes', 'voice'],
  high: ['codes'],
};

const kFloatBits = 32;
const kMelRate = 100;
const kCodeRate = 50;
export const kMelBands = 80;
export const kEmbedding = 64;
/** Mean and deviation of z. */
export const kVoiceSize = 2 * kEmbedding;
export const kCodeBits = 9;

/** 16 bits a sample. */
export const kSoundBitsPerSecond = 16 * 16000;

export const kBitsPerSecond: Record<Exclude<Item, 'voice'>, number> = {
  mel: kMelRate * kMelBands * kFloatBits,
  z: kCodeRate * kEmbedding * kFloatBits,
  codes: kCodeRate * kCodeBits,
};

/** Handed out once a recording. */
export const kVoiceBits = kVoiceSize * kFloatBits;

export function bitsPerSecond(level: PrivacyLevel): number {
  return kItems[level].reduce((sum, item) => sum + (item === 'voice' ? 0 : kBitsPerSecond[item]), 0);
}
