/** What InferenceSession and AudioEncoder share: one loaded model on one backend, asked one thing at a time. */

import { tell } from './callbacks.js';
import { buildName } from './engine/build_name.js';
import { inNode, loadRuntime, movedTo } from './engine/runtime_files.js';
import { chooseThreads, sayOnce, surroundings } from './engine/threads.js';
import { buildOf } from './engine/variants.js';
import { abortedError, EdgyError, messageOf, throwIfAborted, typed } from './errors/errors.js';
import { checkOptions } from './options.js';
import { checkHash, checkModel, nameOf, readModel } from './source.js';
import type { Build, Isa, ModelSource, RuntimeInfo, SessionOptions, Variant } from './types.js';
import { type Backend, type CallOptions, LocalBackend, WorkerBackend } from './worker/backend.js';
import type { Operation, RequestOf, ResultOf } from './worker/protocol.js';

/** Replaced by the build script. */
declare const EDGY_VERSION: string;
declare const EDGY_WASM_BYTES: Readonly<Record<Build, number>>;

export const kSessionOptions: readonly (keyof SessionOptions)[] = [
  'onProgress',
  'signal',
  'variant',
  'isa',
  'worker',
  'wasmPaths',
  'integrity',
  'threads',
  'memoryLimit',
  'workLimit',
  'profile',
  'checkInputs',
];
const kDefaultMemoryLimit = 2 ** 30;
/** What a run may still take after its signal: as long as a worker takes to start. */
const kGraceMilliseconds = 20;

export class SessionCore {
  #backend: Backend;
  readonly #anew: (() => Promise<Backend>) | undefined;
  /** How calls under way end when the session is released; undefined once it is. */
  #underWay: Set<(reason: EdgyError) => void> | undefined = new Set();
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    backend: Backend,
    readonly model: ResultOf<'load'>,
    readonly runtimeInfo: RuntimeInfo,
    /** Makes another backend with the same model loaded; absent where that cannot be had. */
    anew?: () => Promise<Backend>,
    readonly checkInputs = false,
  ) {
    this.#backend = backend;
    this.#anew = anew;
  }

  static create(source: ModelSource, options?: SessionOptions | null): Promise<SessionCore> {
    return typed(SessionCore.#create(source, options ?? {}));
  }

  static async #create(source: ModelSource, options: SessionOptions): Promise<SessionCore> {
    await checkOptions(options, kSessionOptions, 'option of a session');
    const { signal, isa = 'auto', profile = false } = options;
    throwIfAborted(signal);
    checkScope();
    const memoryLimit = checkMemoryLimit(options.memoryLimit);
    const workLimit = checkWorkLimit(options.workLimit);
    const { worker, threads, obstacle } = choose(options);
    if (obstacle !== undefined) void sayOnce(options.threads as number, obstacle);
    // Started before the downloads, as it takes a while too.
    const script = threads > 1 ? 'worker-threads.js' : 'worker.js';
    const start = () => (worker ? new WorkerBackend(movedTo(script, options.wasmPaths), threads) : new LocalBackend());
    const backend = start();
    try {
      const [runtime, bytes] = await abortable(
        Promise.all([runtimeFor(options, threads), readModel(source, options)]),
        signal,
      );
      const { integrity } = options;
      await checkHash(bytes, typeof integrity === 'string' ? integrity : integrity?.model, nameOf(source));
      await checkModel(bytes, source);
      // The bytes go to the worker; a Blob keeps them out of this page's heap until a runtime has to be made anew.
      const kept = new Blob([bytes]);
      const load = (to: Backend, model: ArrayBuffer) => {
        const { module, variant } = runtime;
        const limits = { memoryLimit, workLimit };
        const request = { module, variant, build: buildName, model, isa, ...limits, profile, threads };
        return to.call('load', request, [model]);
      };
      const anew = async () => {
        const other = start();
        try {
          await load(other, await kept.arrayBuffer());
          return other;
        } catch (error) {
          other.close();
          throw error;
        }
      };
      const model = await abortable(load(backend, bytes), signal);
      const info = runtimeInfo(runtime, model.isa, worker, threads);
      return new SessionCore(backend, model, info, anew, options.checkInputs);
    } catch (error) {
      backend.close();
      throw error;
    }
  }

  /**
   * Answers come in the order of calls. A call whose turn has not come when its signal fires is never made; one that is being computed
   * then ends at once, and its runtime with it if need be.
   */
  call<O extends Operation>(operation: O, request: RequestOf<O>, options: CallOptions = {}): Promise<ResultOf<O>> {
    const { signal, transfer = [] } = options;
    return this.#inTurn(signal, () => {
      const work = this.#backend.call(operation, request, transfer);
      return signal && this.#anew ? this.#endedBy(signal, work) : work;
    });
  }

  /** Gives back the memory that runs left behind: the runtime ends and another one loads the model. */
  trim(): Promise<void> {
    return this.#inTurn(undefined, () => this.#restart());
  }

  #inTurn<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    const underWay = this.#underWay;
    if (!underWay) return Promise.reject(releasedError());
    if (signal?.aborted) return Promise.reject(abortedError(signal));
    const turn = this.#last.then(() => {
      throwIfAborted(signal);
      this.throwIfReleased();
      return work();
    });
    this.#last = turn.catch(() => {});
    const answer = new Promise<T>((resolve, reject) => {
      underWay.add(reject);
      turn.finally(() => underWay.delete(reject)).then(resolve, reject);
    });
    return typed(abortable(answer, signal));
  }

  /**
   * `work`, which `signal` may end: a worker that computes hears nothing, so when it has not answered soon after the signal it is ended
   * and another one takes its place.
   */
  async #endedBy<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let onAbort = () => {};
    const late = new Promise<'late'>((resolve) => {
      onAbort = () => {
        timer = setTimeout(resolve, kGraceMilliseconds, 'late');
      };
      if (signal.aborted) onAbort();
      else signal.addEventListener('abort', onAbort, { once: true });
    });
    try {
      const first = await Promise.race([work.then((value) => ({ value })), late]);
      if (first !== 'late') return first.value;
      await this.#restart();
      throw abortedError(signal);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    }
  }

  async #restart(): Promise<void> {
    if (!this.#anew)
      throw new EdgyError('invalid-argument', 'A sealed session cannot be trimmed: release it and make another one.');
    this.#backend.close();
    try {
      this.#backend = await this.#anew();
    } catch (error) {
      const why = error instanceof EdgyError ? error : new EdgyError('internal', messageOf(error), { cause: error });
      this.#backend = { call: () => Promise.reject(why), close() {} };
      throw why;
    }
    if (!this.#underWay) this.#backend.close();
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

/** Where a session with `options` computes, and with how many threads. */
export function choose({ worker = true, threads }: SessionOptions) {
  const own = worker && typeof Worker !== 'undefined' && !inNode();
  return { worker: own, ...chooseThreads(threads, surroundings(own, inNode())) };
}

/** The runtime, with news of it. */
export async function runtimeFor(
  { variant = 'auto', wasmPaths, onProgress, integrity }: SessionOptions,
  threads: number,
) {
  if (onProgress) tell(onProgress, { phase: 'runtime', loaded: 0 });
  const runtime = await loadRuntime(variant, wasmPaths, threads, integrity);
  if (onProgress) tell(onProgress, { phase: 'runtime', loaded: wasmBytes(runtime.variant, threads) });
  return runtime;
}

const wasmBytes = (variant: Variant, threads: number) => EDGY_WASM_BYTES[buildOf(variant, threads)];

/** In the scope of an AudioWorklet there is next to nothing. */
export function checkScope(): void {
  if (typeof URL !== 'undefined' && typeof fetch !== 'undefined' && typeof WebAssembly !== 'undefined') return;
  throw new EdgyError(
    'invalid-argument',
    'This scope can fetch nothing (an AudioWorklet cannot): make the session on the page or in a worker, and send it the samples.',
  );
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
    wasmBytes: wasmBytes(variant, threads),
  };
}

export function checkMemoryLimit(bytes = kDefaultMemoryLimit): number {
  if (bytes > 0) return bytes;
  throw new EdgyError('invalid-argument', `memoryLimit is ${bytes}: it must be a number of bytes above 0.`);
}

export function checkWorkLimit(steps = Infinity): number {
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
