import {
  checkOptions,
  EdgyError,
  type Feeds,
  InferenceSession,
  type ModelSource,
  messageOf,
  readModel,
  type SessionOptions,
  Tensor,
  throwIfAborted,
} from '../index.js';
import { batchesOf, type Entry } from './batches.js';
import { normalize, pool } from './pool.js';
import { type Pooling, readTextMetadata, type TextMetadata } from './text_metadata.js';
import { TextTokenizer, type Tokens } from './text_tokenizer.js';

export interface EmbedOptions {
  /** Rejects with `aborted`. A worker that computes ends within milliseconds. */
  signal?: AbortSignal | undefined;
  /** Texts that are computed at once, at most; fewer of long ones. Default 32. */
  batchSize?: number | undefined;
}

const kOptions: readonly string[] = ['signal', 'batchSize'] satisfies (keyof EmbedOptions)[];
const kBatchSize = 32;
/** How long the thread is kept without a pause, in milliseconds: texts are tokenized on it, and where there is no worker computed as well. */
const kMostBusy = 16;

/** What a text is made into, by the name of the input: the value at a place that holds a token, and at one that is padding. */
const kInputs: Readonly<Record<string, (tokens: Tokens, at: number, padding: number) => number>> = {
  input_ids: ({ ids }, at, padding) => ids[at] ?? padding,
  attention_mask: ({ ids }, at) => (at < ids.length ? 1 : 0),
  token_type_ids: ({ types }, at) => types[at] ?? 0,
  position_ids: (_, at) => at,
};

/**
 * Texts in, embeddings out: tokenizer, model, pooling and normalization, all from one file (`edgy convert --tokenizer tokenizer.json`).
 * Not named TextEncoder, as that is the platform's own class from texts to UTF-8, which a page that imports this may need, too.
 */
export class TextEmbedder {
  /** The session below, for names, metadata, profile and memory. Released together with the embedder. */
  readonly session: InferenceSession;
  readonly #text: TextMetadata;
  readonly #tokenizer: TextTokenizer;
  readonly #output: string;
  /** Extents that the model fixes: texts of a run, tokens of a text. */
  readonly #fixed: readonly [texts: number | undefined, tokens: number | undefined];

  private constructor(session: InferenceSession, text: TextMetadata, tokenizer: TextTokenizer) {
    const { inputMetadata, outputMetadata } = session;
    const strange = inputMetadata.find(
      ({ name, type, shape }) => !Object.hasOwn(kInputs, name) || !/^int(32|64)$/.test(type) || shape.length !== 2,
    );
    if (strange) throw new EdgyError('unsupported-model', `Input '${strange.name}' is none that a text is made into.`);
    const rank = text.pooling === 'none' ? 2 : 3;
    const output = outputMetadata.find(({ type, shape }) => type === 'float32' && shape.length === rank);
    if (!output)
      throw new EdgyError('unsupported-model', `No output goes with the pooling '${text.pooling}' of the file.`);
    const fixed = (axis: number) =>
      inputMetadata.map(({ shape }) => shape[axis]).find((extent) => typeof extent === 'number');
    this.session = session;
    this.#text = text;
    this.#tokenizer = tokenizer;
    this.#output = output.name;
    this.#fixed = [fixed(0), fixed(1)];
  }

  /**
   * Like `InferenceSession.create`, for a model with a tokenizer (`unsupported-model` otherwise, and for tokenizers with parts that are not
   * known).
   */
  static async create(source: ModelSource, options?: SessionOptions | null): Promise<TextEmbedder> {
    const given = options ?? {};
    // Runtime and model are fetched at the same time. An error of the model's source comes first, with its own words.
    const bytes = readModel(source, given);
    const [model, session] = await Promise.all([bytes, InferenceSession.create(bytes, given)]);
    try {
      const text = readTextMetadata(model);
      if (!text) {
        throw new EdgyError(
          'unsupported-model',
          'The model has no tokenizer: convert it with --tokenizer tokenizer.json, or use InferenceSession and feed its inputs.',
        );
      }
      return new TextEmbedder(session, text, new TextTokenizer(text.tokenizer, text.maxTokens));
    } catch (error) {
      await session.release();
      if (error instanceof EdgyError) throw error;
      const text = `The model's tokenizer cannot be used: ${messageOf(error)}.`;
      throw new EdgyError('unsupported-model', text, { cause: error });
    }
  }

  get pooling(): Pooling {
    return this.#text.pooling;
  }
  /** Whether embeddings have the length 1, so that their dot product is their cosine. */
  get normalized(): boolean {
    return this.#text.normalize;
  }
  /** Where texts are cut off, special tokens included. */
  get maxTokens(): number {
    return this.#text.maxTokens;
  }

  /** The ids that the model is fed for a text: special ones included, cut off at `maxTokens`. */
  tokenize(text: string): number[] {
    return [...this.#tokens(checkText(text)).ids];
  }

  /**
   * The embedding of a text, or one for each of several, in their order: vectors of as many floats as the model's output is wide. Texts of
   * about one length are computed together, padded to the longest of them; in float32 that changes an embedding by rounding alone. A
   * text that is longer than `maxTokens` counts as far as that. One without any token, where the tokenizer adds none, is zeros.
   */
  encode(text: string, options?: EmbedOptions | null): Promise<Float32Array>;
  encode(texts: readonly string[], options?: EmbedOptions | null): Promise<Float32Array[]>;
  async encode(
    given: string | readonly string[],
    options?: EmbedOptions | null,
  ): Promise<Float32Array | Float32Array[]> {
    await checkOptions(options, kOptions, 'option of TextEmbedder.encode');
    const { signal, batchSize = kBatchSize } = options ?? {};
    if (!Number.isInteger(batchSize) || batchSize < 1)
      throw new EdgyError('invalid-argument', `batchSize is ${batchSize}: it must be a whole number from 1.`);
    const texts = (Array.isArray(given) ? [...given] : [given]).map(checkText);
    const [fixedTexts] = this.#fixed;
    const limits = {
      texts: Math.min(batchSize, fixedTexts ?? batchSize),
      sameLength: !this.session.inputNames.includes('attention_mask'),
    };
    const embeddings: Float32Array[] = new Array(texts.length);
    throwIfAborted(signal);
    let since = performance.now();
    for (const batch of batchesOf(texts, (text) => this.#tokens(text), limits)) {
      if (performance.now() - since > kMostBusy) {
        await new Promise((resolve) => setTimeout(resolve));
        throwIfAborted(signal);
        since = performance.now();
      }
      for (const [at, vector] of (await this.#embed(batch, signal)).entries())
        embeddings[(batch[at] as Entry).index] = vector;
    }
    return Array.isArray(given) ? embeddings : (embeddings[0] as Float32Array);
  }

  #tokens(text: string): Tokens {
    try {
      return this.#tokenizer.encode(text);
    } catch (error) {
      throw new EdgyError('invalid-input', `A text could not be tokenized: ${messageOf(error)}`, { cause: error });
    }
  }

  async #embed(batch: readonly Entry[], signal: AbortSignal | undefined): Promise<Float32Array[]> {
    const [fixedTexts, fixedTokens] = this.#fixed;
    const rows = fixedTexts ?? batch.length;
    const columns = fixedTokens ?? Math.max(1, ...batch.map(({ tokens }) => tokens.ids.length));
    const outputs = await this.session.run(this.#feeds(batch, rows, columns), [this.#output], {
      signal,
      transfer: true,
    });
    const { data, dims } = outputs[this.#output] as Tensor<'float32'>;
    const width = dims.at(-1) as number;
    if (dims[0] !== rows || (dims.length === 3 && dims[1] !== columns)) {
      throw new EdgyError(
        'unsupported-model',
        `Output '${this.#output}' is [${dims}] for ${rows} texts of ${columns} tokens.`,
      );
    }
    const { pooling } = this.#text;
    const stride = data.length / rows;
    return batch.map(({ tokens }, row) => {
      const vectors = data.subarray(row * stride, (row + 1) * stride);
      const vector = pool(vectors, width, tokens.ids.length, pooling);
      return this.#text.normalize ? normalize(vector) : vector;
    });
  }

  /** Rows that the model wants beyond those of the batch are its last once more. */
  #feeds(batch: readonly Entry[], rows: number, columns: number): Feeds {
    const { padding } = this.#tokenizer;
    return Object.fromEntries(
      this.session.inputMetadata.map(({ name, type }) => {
        const value = kInputs[name] as (typeof kInputs)[string];
        const values = new Int32Array(rows * columns);
        for (let row = 0; row < rows; row++) {
          const { tokens } = batch[Math.min(row, batch.length - 1)] as Entry;
          for (let at = 0; at < columns; at++) values[row * columns + at] = value(tokens, at, padding);
        }
        const dims = [rows, columns];
        return [
          name,
          type === 'int64'
            ? new Tensor('int64', BigInt64Array.from(values, BigInt), dims)
            : new Tensor('int32', values, dims),
        ];
      }),
    );
  }

  /** As `InferenceSession.trim`. */
  trim(): Promise<void> {
    return this.session.trim();
  }

  release(): Promise<void> {
    return this.session.release();
  }

  [Symbol.dispose](): void {
    this.session[Symbol.dispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.session.release();
  }
}

function checkText(text: unknown): string {
  if (typeof text === 'string') return text;
  const shown = text === null || typeof text !== 'object' ? String(text).slice(0, 40) : 'an object';
  throw new EdgyError('invalid-argument', `A text was expected, or an array of texts, not ${shown}.`);
}
