/**
 * Edgy: private int8 sparse inference in the browser.
 *
 * ```js
 * import { InferenceSession, Tensor } from 'edgy';
 *
 * const session = await InferenceSession.create('/models/encoder.edgy');
 * const mel = new Tensor('float32', samples, [1, 80, 100]);
 * const { indices } = await session.run({ mel });
 * ```
 *
 * @module
 */
/// <reference lib="esnext.disposable" preserve="true" />

/** @internal */
export { abortedError, checkOptions, messageOf, readModel, throwIfAborted } from './entries.js';
export type { EdgyErrorCode } from './errors/errors.js';
export { EdgyError } from './errors/errors.js';
export { preload } from './preload.js';
export { InferenceSession } from './session.js';
export { AudioEncoder } from './sound/audio_encoder.js';
export type { AudioEncoding, AudioTimings, EncodeOptions } from './sound/encode.js';
export { Resampler } from './sound/live_resampler.js';
export type { TensorData, TensorLike, TensorType } from './tensor.js';
export { Tensor } from './tensor.js';
export type {
  Build,
  EventRule,
  Feeds,
  Fetches,
  Isa,
  LogMelParameters,
  MemoryUse,
  ModelMetadata,
  ModelSource,
  OperatorProfile,
  PreloadOptions,
  PrivacyLevel,
  Progress,
  RunOptions,
  RuntimeFile,
  RuntimeInfo,
  SessionOptions,
  TensorMetadata,
  Variant,
} from './types.js';
