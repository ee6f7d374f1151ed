/**
 * Text in one line: tokenizer, model, pooling and normalization of a file that `edgy convert --tokenizer tokenizer.json` wrote.
 *
 * ```js
 * import { TextEmbedder } from 'edgy/text';
 *
 * const embedder = await TextEmbedder.create('/models/sentences.edgy');
 * const [question, ...notes] = await embedder.encode(['Where is the key?', 'The key is under the mat.', 'Milk is out.']);
 * await embedder.release();
 * ```
 *
 * @module
 */
/// <reference lib="esnext.disposable" preserve="true" />

export type { EmbedOptions } from './text_embedder.js';
export { TextEmbedder } from './text_embedder.js';
export type { Pooling } from './text_metadata.js';
