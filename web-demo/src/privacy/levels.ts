/** EDGY's privacy levels: what an app is handed at each, and the most that this can carry. */
import type { PrivacyLevel } from 'edgy';
import type { SealReport } from 'edgy/sealed';

export const kLevels: readonly PrivacyLevel[] = ['low', 'moderate', 'high'];

export function isLevel(value: string): value is PrivacyLevel {
  return (kLevels as readonly string[]).includes(value);
}

/** What can be handed out. */
export type Item = 'mel' | 'z' | 'phones' | 'classes';

/** The model's output, as its policy names it; the log-mel is none. */
const kOutputs: Partial<Record<Item, string>> = { z: 'z', phones: 'phones', classes: 'indices' };

export const kItems: Record<PrivacyLevel, readonly Item[]> = {
  low: ['mel', 'z', 'phones', 'classes'],
  moderate: ['phones', 'classes'],
  high: ['classes'],
};

const kFloatBits = 32;
const kMelRate = 100;
const kFrameRate = 50;
export const kMelBands = 80;
export const kEmbedding = 64;
/** Numbers without a limit to what they carry are counted as the numbers that they are. */
const kPlainBits: Partial<Record<Item, number>> = {
  mel: kMelRate * kMelBands * kFloatBits,
  z: kFrameRate * kEmbedding * kFloatBits,
};

/** 16 bits a sample. */
export const kSoundBitsPerSecond = 16 * 16000;

/**
 * The most bits that an item carries for each second of sound. Of events, what the seal's guard computed from the model's policy and holds
 * to; undefined while no seal has told.
 */
export function priceOf(item: Item, report: SealReport | undefined): number | undefined {
  return kPlainBits[item] ?? report?.outputs.find(({ name }) => name === kOutputs[item])?.bitsPerSecond;
}

export function priceAt(level: PrivacyLevel, report: SealReport | undefined): number | undefined {
  const prices = kItems[level].map((item) => priceOf(item, report));
  return prices.every((price) => price !== undefined) ? prices.reduce((sum, price) => sum + price, 0) : undefined;
}
