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

/** Places of the fields in edgy.fbs, by table; the test 'schema' counts them there. */
export const kPlaces = {
  Model: { metadata: 7 },
  Metadata: { text: 13 },
  Text: { tokenizer: 0, pooling: 1, normalize: 2, max_tokens: 3 },
} as const;
/** By their numbers in the enumeration Pooling of edgy.fbs. */
export const kPoolings: readonly Pooling[] = ['none', 'mean', 'cls', 'max'];
const kMean = kPoolings.indexOf('mean');

/** Of a model that the runtime has loaded; undefined where it says nothing. Throws a RangeError for what no converter writes. */
export function readTextMetadata(model: ArrayBuffer): TextMetadata | undefined {
  const text = FlatTable.root(model).table(kPlaces.Model.metadata)?.table(kPlaces.Metadata.text);
  if (!text) return undefined;
  const fields = kPlaces.Text;
  const pooling = kPoolings[text.byte(fields.pooling, kMean)];
  const maxTokens = text.int(fields.max_tokens);
  if (!pooling) throw new RangeError('its pooling is one that this version does not know');
  if (maxTokens < 1) throw new RangeError(`it says that a text has at most ${maxTokens} tokens`);
  return {
    tokenizer: text.string(fields.tokenizer),
    pooling,
    normalize: text.byte(fields.normalize) !== 0,
    maxTokens,
  };
}
