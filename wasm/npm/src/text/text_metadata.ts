/** What a model's file says about text: the table Text of edgy.fbs, which the runtime does not read. */
import { FlatTable } from '../seal/flat_buffer.js';

/** What one vector of a text is made of, over its tokens; `none` where the model itself gives one. */
export type Pooling = 'none' | 'mean' | 'cls' | 'max';

export interface TextMetadata {
  /** tokenizer.json. */
  readonly tokenizer: string;
  readonly pooling: Pooling;
  /** The vector is divided by its L2 norm. */
  readonly normalize: boolean;
  /** Of a text, special ones included. */
  readonly maxTokens: number;
}

// Places of the fields in edgy.fbs: Model.metadata, Metadata.text, and those of Text.
const kMetadata = 7;
const kText = 13;
const kFields = { tokenizer: 0, pooling: 1, normalize: 2, maxTokens: 3 };
const kPoolings: readonly Pooling[] = ['none', 'mean', 'cls', 'max'];
const kMean = 1;

/** Of a model that the runtime has loaded; undefined where it says nothing. Throws a RangeError for what no converter writes. */
export function readTextMetadata(model: ArrayBuffer): TextMetadata | undefined {
  const text = FlatTable.root(model).table(kMetadata)?.table(kText);
  if (!text) return undefined;
  const pooling = kPoolings[text.byte(kFields.pooling, kMean)];
  const maxTokens = text.int(kFields.maxTokens);
  if (!pooling) throw new RangeError('its pooling is one that this version does not know');
  if (maxTokens < 1) throw new RangeError(`it says that a text has at most ${maxTokens} tokens`);
  return {
    tokenizer: text.string(kFields.tokenizer),
    pooling,
    normalize: text.byte(kFields.normalize) !== 0,
    maxTokens,
  };
}
