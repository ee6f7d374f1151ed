import { abortable, checkMemoryLimit, checkWorkLimit, kSessionOptions, runtimeInfo, SessionCore } from './core.js';
import { chooseVariant, movedTo, wasmUrl } from './engine/runtime_files.js';
import { EdgyError, throwIfAborted } from './errors/errors.js';
import { detachable, orderFeeds, orderFetches } from './feeds.js';
import { checkOptions } from './options.js';
import { SealBackend } from './seal/backend.js';
import { toCeiling } from './seal/checks.js';
import { atLeast, handedOut, isLevel } from './seal/levels.js';
import type { SealResult } from './seal/protocol.js';
import type { Closure, Price, SealedOutput } from './seal/report.js';
import { namedOutputs } from './session.js';
import { type AudioEncoding, type EncodeOptions, encodeRecording } from './sound/encode.js';
import { checkModel, fetchOk, readModel } from './source.js';
import type { Tensor } from './tensor.js';
import type {
  Feeds,
  Fetches,
  ModelMetadata,
  ModelSource,
  PrivacyLevel,
  RunOptions,
  RuntimeInfo,
  SessionOptions,
  TensorMetadata,
} from './types.js';

export interface SealedOptions extends Omit<SessionOptions, 'worker' | 'profile' | 'threads' | 'integrity'> {
  /** What is handed out at all. Default `high`. The model may ask for more privacy than `low`, never for less. */
  level?: PrivacyLevel | undefined;
  /** Outputs that are to be treated as more private than the model says: `{ speaker: 'low' }`. */
  policy?: Readonly<Record<string, PrivacyLevel>> | undefined;
  /**
   * The most bits that outputs may carry for each second of sound (a run without sound counts as a second), as the guard counts them from
   * types, shapes and ranges of values. A number above 0 and at most the ceiling of the level, which is the default: 1,000 at `high`,
   * 128,000 at `moderate`, none at `low`. A run that would carry more rejects with `refused`.
   */
  bitsPerSecond?: number | undefined;
}

/** What a visitor may want to see of a closed seal. Hashes are those of Subresource Integrity: 'sha256-...'. */
export interface SealReport extends Closure {
  /** Hash of the model's file. */
  readonly model: string;
  readonly level: PrivacyLevel;
  readonly outputs: readonly (SealedOutput & { readonly handedOut: boolean })[];
  readonly price: Price;
  /**
   * The header `Connection-Allowlist` that seal.htm came with ('' for none): an outer wall, which also stops what no policy forbids (WebRTC,
   * preconnect), in browsers that know it (Chromium 152 and later). `()` lets nothing out.
   */
  readonly connectionAllowlist: string;
}

/**
 * A model that runs where it can reach neither network nor storage nor page, and hands out what its privacy level allows. Has the
 * interface of `InferenceSession` and, for models with an audio front end, of `AudioEncoder`.
 */
export class SealedSession {
  readonly #core: SessionCore;
  readonly #backend: SealBackend;
  readonly #closure: Closure;
  readonly #loaded: SealResult<'load'>;
  readonly #allowlist: string;
  #level: PrivacyLevel;

  /** @internal Use `createSealedSession`. */
  constructor(
    backend: SealBackend,
    closure: Closure,
    loaded: SealResult<'load'>,
    level: PrivacyLevel,
    info: RuntimeInfo,
    connectionAllowlist: string,
    checkInputs?: boolean,
  ) {
    this.#core = new SessionCore(backend, loaded, info, undefined, checkInputs);
    this.#backend = backend;
    this.#closure = closure;
    this.#loaded = loaded;
    this.#level = level;
    this.#allowlist = connectionAllowlist;
  }

  get level(): PrivacyLevel {
    return this.#level;
  }
  get inputNames(): readonly string[] {
    return this.inputMetadata.map(({ name }) => name);
  }
  /** Of the outputs that the present level hands out. */
  get outputNames(): readonly string[] {
    return this.#handedOut().map((index) => (this.outputMetadata[index] as TensorMetadata).name);
  }
  get inputMetadata(): readonly TensorMetadata[] {
    return this.#loaded.inputs;
  }
  /** Of all outputs; `privacyLevel` is the most private level that hands one out. */
  get outputMetadata(): readonly TensorMetadata[] {
    return this.#loaded.outputs;
  }
  get modelMetadata(): ModelMetadata {
    return this.#loaded.metadata;
  }
  /** What a model with an audio front end hears, in hertz; undefined for others. */
  get sampleRate(): number | undefined {
    return this.#loaded.metadata.logMel?.sampleRate;
  }
  get report(): SealReport {
    return {
      ...this.#closure,
      model: this.#loaded.digest,
      level: this.#level,
      outputs: this.#loaded.policies.map((output) => ({ ...output, handedOut: handedOut(output.level, this.#level) })),
      price: this.#backend.price ?? this.#loaded.price,
      connectionAllowlist: this.#allowlist,
    };
  }

  /** As `InferenceSession.run`. All outputs that the level hands out, unless `fetches` names some; `refused` above the level. */
  async run(feeds: Feeds, fetches?: Fetches | null, options?: RunOptions): Promise<Record<string, Tensor>> {
    this.#core.throwIfReleased();
    const wanted = fetches ? orderFetches(fetches, this.outputMetadata) : this.#handedOut();
    const handed = detachable(
      orderFeeds(feeds, this.inputMetadata, this.#core.checkInputs),
      options?.transfer ?? false,
    );
    const request = { feeds: handed.feeds, fetches: wanted };
    const { outputs } = await this.#core.call('run', request, { transfer: handed.buffers, signal: options?.signal });
    this.#refuseAbove(wanted);
    return namedOutputs(outputs, wanted, this.outputMetadata);
  }

  /**
   * As `AudioEncoder.encode`. The log-mel is handed out at level `low` alone. The guard takes the time: `timings.inference` is all that
   * happens inside, in whole milliseconds, and the times of its parts are 0.
   */
  async encode(recording: Float32Array | AudioBuffer, options: EncodeOptions = {}): Promise<AudioEncoding> {
    this.#core.throwIfReleased();
    const { sampleRate } = this;
    if (!sampleRate)
      throw new EdgyError('unsupported-model', 'The model has no audio front end: feed its inputs to run().');
    const wanted = this.#handedOut();
    const encoding = await encodeRecording({ core: this.#core, sampleRate }, wanted, recording, options);
    this.#refuseAbove(wanted, options.mel);
    return encoding;
  }

  /** Raises the level, for good. Results under way that the new level does not allow are refused. */
  async tighten(level: PrivacyLevel): Promise<void> {
    this.#core.throwIfReleased();
    // From now on, not from the guard's answer on: it takes calls in turn.
    if (isLevel(level) && atLeast(level, this.#level)) this.#level = level;
    await this.#backend.ask('tighten', { level });
  }

  runtimeInfo(): RuntimeInfo {
    return this.#core.runtimeInfo;
  }

  /** Removes the frame with everything in it. Runs under way reject with `released`. */
  async release(): Promise<void> {
    this.#core.release();
  }

  [Symbol.dispose](): void {
    this.#core.release();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#core.release();
  }

  /** What was asked for before the level was tightened and came after. */
  #refuseAbove(outputs: readonly number[], mel = false): void {
    const now = this.#handedOut();
    if (outputs.every((index) => now.includes(index)) && !(mel && this.#level !== 'low')) return;
    throw new EdgyError('refused', `The level was tightened to ${this.#level} while this result was under way.`);
  }

  #handedOut(): number[] {
    return this.#loaded.policies.flatMap(({ level }, index) => (handedOut(level, this.#level) ? [index] : []));
  }
}

const kNotSealed: readonly string[] = ['worker', 'profile', 'threads', 'integrity'];
const kSealedOptions = [
  ...kSessionOptions.filter((name) => !kNotSealed.includes(name)),
  'level',
  'policy',
  'bitsPerSecond',
];

/** Closes a seal and loads a model in it. Rejects with an `EdgyError`; `sealed` when something is not as it has to be. */
export async function createSealedSession(source: ModelSource, given?: SealedOptions | null): Promise<SealedSession> {
  const options = given ?? {};
  await checkOptions(options, kSealedOptions, 'option of a sealed session');
  const { signal, level = 'high', policy = {}, isa = 'auto', wasmPaths } = options;
  throwIfAborted(signal);
  const memoryLimit = checkMemoryLimit(options.memoryLimit);
  const workLimit = checkWorkLimit(options.workLimit);
  if (!isLevel(level)) {
    throw new EdgyError('invalid-argument', `level '${String(level)}' does not exist: use low, moderate or high.`);
  }
  toCeiling(options.bitsPerSecond, level);
  if (typeof document === 'undefined') throw new EdgyError('sealed', 'A seal is made of frames: it needs a page.');
  const variant = await chooseVariant(options.variant ?? 'auto');
  const url = wasmUrl(variant, wasmPaths);
  // Started before the downloads, as it takes a while too.
  const backend = new SealBackend(movedTo('seal.htm', wasmPaths) ?? new URL('./seal.htm', import.meta.url));
  try {
    const engineUrl = movedTo('sealed-engine.txt', wasmPaths) ?? new URL('./sealed-engine.txt', import.meta.url);
    const files = Promise.all([readFile(engineUrl, signal), readFile(url, signal), readModel(source, options)]);
    const [[engine, wasm, model], { connectionAllowlist }] = await abortable(
      Promise.all([files, backend.ready()]),
      signal,
    );
    await checkModel(model, source);
    const closure = await abortable(backend.open({ engine, wasm, variant }), signal);
    const { bitsPerSecond } = options;
    const request = { model, isa, memoryLimit, workLimit, level, policy: { ...policy }, bitsPerSecond };
    const loaded = await abortable(backend.ask('load', request, [model]), signal);
    const info = runtimeInfo({ variant, url }, loaded.isa, true);
    return new SealedSession(backend, closure, loaded, level, info, connectionAllowlist, options.checkInputs);
  } catch (error) {
    backend.close();
    throw error;
  }
}

async function readFile(url: URL, signal: AbortSignal | undefined): Promise<ArrayBuffer> {
  return (await fetchOk(url, signal)).arrayBuffer();
}
