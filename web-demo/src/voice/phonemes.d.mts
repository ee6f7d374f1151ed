export function phonemes(phones: readonly string[]): string;
