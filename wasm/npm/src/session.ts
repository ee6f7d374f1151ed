import { SessionCore } from './core.js';
import { EdgyError, typed } from './errors/errors.js';
import { detachable, FeedCopies, orderFeeds, orderFetches } from './feeds.js';
import { unknown, unknownOption } from './options.js';
import { Tensor } from './tensor.js';
import type {
  Feeds,
  Fetches,
  MemoryUse,
  ModelMetadata,
  ModelSource,
  OperatorProfile,
  RunOptions,
  RuntimeInfo,
  SessionOptions,
  TensorMetadata,
} from './types.js';

/**
 * A loaded model. Each session has a runtime (by default a worker) of its own, which `release` ends. After a rejected `run` the
 * session can be used on, unless the error's code is `internal`.
 */
export class InferenceSession {
  readonly #core: SessionCore;
  readonly #copies = new FeedCopies();

  /** @internal Use `InferenceSession.create`. */
  constructor(core: SessionCore) {
    if (!(core instanceof SessionCore)) {
      throw new EdgyError('invalid-argument', 'Use InferenceSession.create(source).');
    }
    this.#core = core;
  }

  /** Fetches a model, checks it and makes it ready to run. Rejects with an `EdgyError`. */
  static async create(source: ModelSource, options?: SessionOptions): Promise<InferenceSession> {
    return new InferenceSession(await SessionCore.create(source, options));
  }

  get inputNames(): readonly string[] {
    return this.inputMetadata.map(({ name }) => name);
  }
  get outputNames(): readonly string[] {
    return this.outputMetadata.map(({ name }) => name);
  }
  get inputMetadata(): readonly TensorMetadata[] {
    return this.#core.model.inputs;
  }
  get outputMetadata(): readonly TensorMetadata[] {
    return this.#core.model.outputs;
  }
  /** What the converter wrote about the model: origin, configuration, accuracy, front end. */
  get modelMetadata(): ModelMetadata {
    return this.#core.model.metadata;
  }

  /**
   * Computes the outputs named in `fetches` (all by default). Feeds are copied unless `transfer` is set. Runs queue up in the order
   * of calls.
   */
  run(feeds: Feeds, options?: RunOptions): Promise<Record<string, Tensor>>;
  run(feeds: Feeds, fetches: Fetches | null, options?: RunOptions): Promise<Record<string, Tensor>>;
  run(feeds: Feeds, second?: Fetches | RunOptions | null, third?: RunOptions): Promise<Record<string, Tensor>> {
    return typed(this.#run(feeds, second, third));
  }

  async #run(feeds: Feeds, second?: Fetches | RunOptions | null, third?: RunOptions): Promise<Record<string, Tensor>> {
    this.#core.throwIfReleased();
    const [fetches, options] = isRunOptions(second, this.outputNames)
      ? [undefined, second]
      : [second as Fetches | null, third];
    const strange = unknownOption(options, kRunOptions, kRunOption);
    if (strange !== undefined) throw await unknown(strange, kRunOptions, kRunOption);
    const wanted = orderFetches(fetches, this.outputMetadata);
    const ordered = orderFeeds(feeds, this.inputMetadata, this.#core.checkInputs);
    const transfer = options?.transfer ?? false;
    const handed =
      this.#core.readsNext && !transfer
        ? { feeds: this.#copies.copy(ordered), buffers: [] }
        : detachable(ordered, transfer);
    const { outputs } = await this.#core.call(
      'run',
      { feeds: handed.feeds, fetches: wanted },
      { transfer: handed.buffers, signal: options?.signal },
    );
    return namedOutputs(outputs, wanted, this.outputMetadata);
  }

  /** Times of the operators in the last run; empty unless the session was made with `profile: true`. */
  profile(): Promise<readonly OperatorProfile[]> {
    return this.#core.call('profile', null);
  }

  memory(): Promise<MemoryUse> {
    return this.#core.call('memory', null);
  }

  /**
   * Gives back the memory that long runs left behind: WebAssembly memory never shrinks, so the runtime ends and another one loads the
   * model. Waits for the runs before it; runs after it wait for it. Takes as long as loading the model did, without the download.
   */
  trim(): Promise<void> {
    return this.#core.trim();
  }

  runtimeInfo(): RuntimeInfo {
    return this.#core.runtimeInfo;
  }

  /** Ends the runtime and frees its memory. Runs under way reject with `released`. */
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

/** @internal */
export function namedOutputs(
  outputs: readonly { type: Tensor['type']; data: Tensor['data']; dims: readonly number[] }[],
  wanted: readonly number[],
  metadata: readonly TensorMetadata[],
): Record<string, Tensor> {
  return Object.fromEntries(
    outputs.map((output, at) => [
      metadata[wanted[at] ?? -1]?.name ?? '',
      new Tensor(output.type, output.data, output.dims),
    ]),
  );
}

const kRunOptions = ['signal', 'transfer'];
const kRunOption = 'option of a run';

/**
 * @internal Outputs of a model may have any name, those of options too: a key that names an output, with null or a tensor under it as in onnxruntime,
 * asks for that output. What asks for an output that is not there is no option either.
 */
export function isRunOptions(
  value: Fetches | RunOptions | null | undefined,
  outputs: readonly string[],
): value is RunOptions {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.entries(value).every(([key, entry]) =>
    kRunOptions.includes(key) ? !(outputs.includes(key) && isFetch(entry)) : !outputs.includes(key) && !isFetch(entry),
  );
}

function isFetch(entry: unknown): boolean {
  return entry === null || (typeof entry === 'object' && 'dims' in entry);
}
