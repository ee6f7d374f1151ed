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
  readonly #released = new AbortController();
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
          { module: runtime.module, variant: runtime.variant, model: bytes, isa, memoryLimit, profile, threads },
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
    if (this.#released.signal.aborted) return Promise.reject(releasedError());
    if (signal?.aborted) return Promise.reject(abortedError(signal));
    const turn = this.#last.then(() => {
      throwIfAborted(signal);
      if (this.#released.signal.aborted) throw releasedError();
      return this.#backend.call(operation, request, transfer);
    });
    this.#last = turn.catch(() => {});
    return abortable(untilReleased(turn, this.#released.signal), signal);
  }

  release(): void {
    if (this.#released.signal.aborted) return;
    this.#released.abort();
    this.#backend.close();
  }

  throwIfReleased(): void {
    if (this.#released.signal.aborted) throw releasedError();
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

function releasedError(): EdgyError {
  return new EdgyError('released', 'The session was released.');
}

export function abortable<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  return signal ? orEvent(work, signal, () => abortedError(signal)) : work;
}

function untilReleased<T>(work: Promise<T>, released: AbortSignal): Promise<T> {
  return orEvent(work, released, releasedError);
}

/** `work`, or the error once `signal` fires. Leaves no listener behind. */
function orEvent<T>(work: Promise<T>, signal: AbortSignal, error: () => EdgyError): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(error());
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
