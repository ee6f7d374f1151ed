/** What InferenceSession and AudioEncoder share: one loaded model on one backend, asked one thing at a time. */
import { type Backend, LocalBackend, WorkerBackend } from './backend.js';
import { abortedError, EdgyError, throwIfAborted } from './errors.js';
import type { Operation, RequestOf, ResultOf } from './protocol.js';
import { inNode, loadRuntime, movedTo } from './runtime_files.js';
import { readModel } from './source.js';
import { chooseThreads, sayOnce, surroundings } from './threads.js';
import type { Isa, ModelSource, RuntimeInfo, SessionOptions, Variant } from './types.js';

/** Replaced by the build script. */
declare const EDGY_VERSION: string;
declare const EDGY_WASM_BYTES: { readonly simd: number; readonly relaxed: number; readonly 'relaxed-threads': number };

const kDefaultMemoryLimit = 2 ** 30;

export class SessionCore {
  readonly #backend: Backend;
  /** How calls under way end when the session is released; undefined once it is. */
  #underWay: Set<(reason: EdgyError) => void> | undefined = new Set();
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    backend: Backend,
    readonly model: ResultOf<'load'>,
    readonly runtimeInfo: RuntimeInfo,
  ) {
    this.#backend = backend;
  }

  static async create(source: ModelSource, options: SessionOptions = {}): Promise<SessionCore> {
    const { signal, isa = 'auto', profile = false } = options;
    throwIfAborted(signal);
    const memoryLimit = checkMemoryLimit(options.memoryLimit);
    const workLimit = checkWorkLimit(options.workLimit);
    const worker = (options.worker ?? true) && typeof Worker !== 'undefined' && !inNode();
    const variant = options.variant ?? 'auto';
    const { threads, obstacle } = chooseThreads(options.threads, await surroundings(variant, worker, inNode()));
    if (obstacle !== undefined) sayOnce(options.threads as number, obstacle);
    // Started before the downloads, as it takes a while too.
    const script = threads > 1 ? 'worker-threads.js' : 'worker.js';
    const backend = worker ? new WorkerBackend(movedTo(script, options.wasmPaths), threads) : new LocalBackend();
    try {
      const [runtime, bytes] = await abortable(
        Promise.all([loadRuntime(variant, options.wasmPaths, threads), readModel(source, options)]),
        signal,
      );
      const model = await abortable(
        backend.call(
          'load',
          {
            module: runtime.module,
            variant: runtime.variant,
            model: bytes,
            isa,
            memoryLimit,
            profile,
            threads,
            workLimit,
          },
          [bytes],
        ),
        signal,
      );
      return new SessionCore(backend, model, runtimeInfo(runtime, model.isa, worker, threads));
    } catch (error) {
      backend.close();
      throw error;
    }
  }

  /** Answers come in the order of calls. A call whose turn has not come when its signal fires is never made. */
  call<O extends Operation>(
    operation: O,
    request: RequestOf<O>,
    transfer: Transferable[] = [],
    signal?: AbortSignal,
  ): Promise<ResultOf<O>> {
    const underWay = this.#underWay;
    if (!underWay) return Promise.reject(releasedError());
    if (signal?.aborted) return Promise.reject(abortedError(signal));
    const turn = this.#last.then(() => {
      throwIfAborted(signal);
      this.throwIfReleased();
      return this.#backend.call(operation, request, transfer);
    });
    this.#last = turn.catch(() => {});
    const answer = new Promise<ResultOf<O>>((resolve, reject) => {
      underWay.add(reject);
      turn.finally(() => underWay.delete(reject)).then(resolve, reject);
    });
    return abortable(answer, signal);
  }

  /** The next call's request is read in this thread before any other's: neither a worker nor a queue is in between. */
  get readsNext(): boolean {
    return !this.runtimeInfo.worker && this.#underWay?.size === 0;
  }

  release(): void {
    const underWay = this.#underWay;
    if (!underWay) return;
    this.#underWay = undefined;
    this.#backend.close();
    for (const reject of underWay) reject(releasedError());
  }

  throwIfReleased(): void {
    if (!this.#underWay) throw releasedError();
  }
}

export function runtimeInfo(
  { variant, url }: { variant: Variant; url: URL },
  isa: Isa,
  worker: boolean,
  threads = 1,
): RuntimeInfo {
  return {
    version: EDGY_VERSION,
    variant,
    isa,
    worker,
    threads,
    wasmUrl: url.href,
    wasmBytes: EDGY_WASM_BYTES[threads > 1 ? 'relaxed-threads' : variant],
  };
}

export function checkMemoryLimit(bytes = kDefaultMemoryLimit): number {
  if (bytes > 0) return bytes;
  throw new EdgyError('invalid-argument', `memoryLimit is ${bytes}: it must be a number of bytes above 0.`);
}

function checkWorkLimit(steps = Infinity): number {
  if (steps > 0) return steps;
  throw new EdgyError('invalid-argument', `workLimit is ${steps}: it must be a number above 0.`);
}

function releasedError(): EdgyError {
  return new EdgyError('released', 'The session was released.');
}

/** `work`, or an error once `signal` fires. Leaves no listener behind. */
export function abortable<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(abortedError(signal));
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
