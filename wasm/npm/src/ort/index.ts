/**
 * onnxruntime-web's interface on Edgy: a program changes one import, and its model for the .edgy file that `edgy convert` makes of it.
 *
 * ```js
 * import * as ort from 'edgy/ort';
 *
 * const session = await ort.InferenceSession.create('/models/vad.edgy', { executionProviders: ['wasm'] });
 * const { output } = await session.run({ input: new ort.Tensor('float32', samples, [1, 512]) });
 * ```
 *
 * @module
 */

export { EdgyError } from '../index.js';
export * from './api.js';
export { env } from './env.js';
