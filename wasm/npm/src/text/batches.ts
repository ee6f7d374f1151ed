/** Texts in an order and in groups that waste little on padding. */
import type { Tokens } from './text_tokenizer.js';

/** Texts times the tokens of the longest: attention takes memory in proportion, and to the longest once more. */
const kMostTokens = 2048;

export interface BatchLimits {
  /** Texts, 1 or more. */
  readonly texts: number;
  /** Only texts of as many tokens go together: the model has no mask to tell padding by. */
  readonly sameLength: boolean;
}

export interface Entry {
  /** Its place among the texts that were given. */
  readonly index: number;
  readonly tokens: Tokens;
}

/** Batches of `texts`, the short ones first. Each text is tokenized when its turn comes. */
export function* batchesOf(
  texts: readonly string[],
  tokenize: (text: string) => Tokens,
  limits: BatchLimits,
): Generator<Entry[]> {
  const order = texts.map((_, index) => index).sort((a, b) => length(texts[a]) - length(texts[b]));
  let batch: Entry[] = [];
  let longest = 0;
  for (const index of order) {
    const tokens = tokenize(texts[index] as string);
    const count = tokens.ids.length;
    const together = Math.max(longest, count);
    const isFull =
      batch.length >= limits.texts ||
      together * (batch.length + 1) > kMostTokens ||
      (limits.sameLength && count !== longest);
    if (batch.length > 0 && isFull) {
      yield batch;
      batch = [];
      longest = 0;
    }
    batch.push({ index, tokens });
    longest = Math.max(longest, count);
  }
  if (batch.length > 0) yield batch;
}

const length = (text: string | undefined) => text?.length ?? 0;
