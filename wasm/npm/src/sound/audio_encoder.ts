import { SessionCore } from '../core.js';
import { loadResampler } from '../engine/runtime_files.js';
import { EdgyError, typed } from '../errors/errors.js';
import { InferenceSession } from '../session.js';
import type { ModelSource, SessionOptions } from '../types.js';
import { type AudioEncoding, type EncodeOptions, encodeRecording } from './encode.js';
import { checkRate } from './sample_rate.js';

/** A speech encoder: recordings in; codes, embeddings or whatever the model computes out. */
export class AudioEncoder {
  readonly #core: SessionCore;
  readonly #resampler: () => Promise<WebAssembly.Module>;
  /** The session below, for names, metadata, profile and memory. Released together with the encoder. */
  readonly session: InferenceSession;
  /** What the model hears, in hertz. */
  readonly sampleRate: number;

  private constructor(core: SessionCore, sampleRate: number, resampler: () => Promise<WebAssembly.Module>) {
    this.#core = core;
    this.#resampler = resampler;
    this.session = new InferenceSession(core);
    this.sampleRate = sampleRate;
  }

  /** Like `InferenceSession.create`, for a model with an audio front end (`unsupported-model` otherwise). */
  static async create(source: ModelSource, options?: SessionOptions): Promise<AudioEncoder> {
    const core = await SessionCore.create(source, options);
    const logMel = core.model.metadata.logMel;
    if (!logMel) {
      core.release();
      throw new EdgyError(
        'unsupported-model',
        'The model has no audio front end: use InferenceSession and feed its inputs, or convert it with one.',
      );
    }
    return new AudioEncoder(core, logMel.sampleRate, () => loadResampler(options?.wasmPaths));
  }

  /**
   * Encodes a whole recording. Samples are within -1..1; several channels are mixed down; other rates than the model's are resampled in the
   * worker. Rejects with `invalid-input` a recording that is shorter than the model needs: the message says how long it has to be.
   */
  async encode(recording: Float32Array | AudioBuffer, options: EncodeOptions = {}): Promise<AudioEncoding> {
    const { outputs } = this.#core.model;
    const encoder = { core: this.#core, sampleRate: this.sampleRate, resampler: this.#resampler };
    const all = outputs.map((_, index) => index);
    return typed(encodeRecording(encoder, all, recording, options));
  }

  /** Fetches what recordings at `sampleRate` need beside the model, for pages that shall make no request later. */
  async prepareFor(sampleRate: number): Promise<void> {
    checkRate(sampleRate, this.sampleRate);
    if (sampleRate !== this.sampleRate) await this.#resampler();
  }

  /** As `InferenceSession.trim`: after an hour of sound the runtime holds hundreds of megabytes. */
  trim(): Promise<void> {
    return this.#core.trim();
  }

  async release(): Promise<void> {
    this.#core.release();
  }

  [Symbol.dispose](): void {
    this.#core.release();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#core.release();
  }
}
