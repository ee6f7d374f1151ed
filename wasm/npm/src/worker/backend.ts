/** Where the engine lives: in a worker of its own, or in this thread. */
import { engineAhead } from '../engine/engine_ahead.js';
import type { EngineCore } from '../engine/engine_core.js';
import { EdgyError, messageOf } from '../errors/errors.js';
import { explained } from '../errors/explain.js';
import { PendingCalls } from './pending_calls.js';
import type { Answer, Operation, RequestOf, ResultOf } from './protocol.js';
import { newLife, watchLife } from './worker_life.js';

const kEnded =
  'The worker was ended from outside: by the browser, for want of memory, or by another script. Create a new session.';

/** What a caller hands over and may stop. */
export interface CallOptions {
  readonly transfer?: Transferable[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Backend {
  call<O extends Operation>(operation: O, request: RequestOf<O>, transfer: Transferable[]): Promise<ResultOf<O>>;
  /** Ends the engine and frees its memory. Calls under way stay unanswered. */
  close(): void;
}

export class WorkerBackend implements Backend {
  readonly #worker: Worker | undefined;
  readonly #pending = new PendingCalls();
  readonly #closed = new AbortController();
  #answered = false;
  #life = newLife();

  /** `url`: where the worker's script was moved to. */
  constructor(url: URL | undefined, threads = 1) {
    const file = threads > 1 ? 'worker-threads.js' : 'worker.js';
    let worker: Worker;
    try {
      // Written out in this form, so that bundlers see the workers and carry them along. webpack takes the name for a chunk's: two
      // workers of one name would become one file.
      worker = url
        ? new Worker(url, { type: 'module', name: 'edgy' })
        : threads > 1
          ? new Worker(new URL('./worker-threads.js', import.meta.url), { type: 'module', name: 'edgy-threads' })
          : new Worker(new URL('./worker.js', import.meta.url), { type: 'module', name: 'edgy' });
    } catch (error) {
      const said = messageOf(error);
      const short = `The worker could not be started: ${said}`;
      void explained('network', short, (trouble) => trouble.whyRefused(said, url?.href, file), error).then((why) =>
        this.#die(why),
      );
      return;
    }
    this.#worker = worker;
    const life = this.#life;
    worker.onmessage = ({ data: { id, outcome, lives } }: MessageEvent<Answer>) => {
      this.#answered = true;
      if (lives && life) watchLife(life, this.#closed.signal, () => this.#die(new EdgyError('internal', kEnded)));
      this.#pending.settle(id, outcome);
    };
    worker.onmessageerror = () => this.#die(new EdgyError('internal', 'An answer of the worker could not be read.'));
    worker.onerror = (event) => {
      event.preventDefault();
      if (this.#answered) {
        this.#die(new EdgyError('internal', `The worker crashed: ${event.message}`));
        return;
      }
      worker.terminate();
      const said = event.message ?? '';
      const short = `The worker ${url?.href ?? file} could not be loaded. ${said}`;
      void explained('network', short, (trouble) => trouble.whyUnanswered(said, url?.href, file)).then((why) =>
        this.#die(why),
      );
    };
  }

  call<O extends Operation>(operation: O, request: RequestOf<O>, transfer: Transferable[]): Promise<ResultOf<O>> {
    return this.#pending.call((id) => {
      try {
        const life = this.#life;
        this.#worker?.postMessage(life ? { id, operation, request, life } : { id, operation, request }, transfer);
        this.#life = undefined;
      } catch (error) {
        throw notHandedOver(error);
      }
    }) as Promise<ResultOf<O>>;
  }

  close(): void {
    this.#closed.abort();
    this.#worker?.terminate();
    this.#pending.clear();
  }

  #die(error: EdgyError): void {
    this.#closed.abort();
    this.#worker?.terminate();
    this.#pending.die(error);
  }
}

/** What could not be cloned or transferred was the caller's. */
export function notHandedOver(error: unknown): EdgyError {
  return new EdgyError('invalid-input', `The input could not be handed over: ${messageOf(error)}`, { cause: error });
}

export class LocalBackend implements Backend {
  #engine: Promise<EngineCore> | undefined;

  async call<O extends Operation>(operation: O, request: RequestOf<O>): Promise<ResultOf<O>> {
    this.#engine ??= loadEngine();
    const engine = await this.#engine;
    const outcome = await engine.handle(operation, request);
    if (outcome.ok) return outcome.value;
    throw new EdgyError(outcome.code, outcome.message);
  }

  close(): void {
    void this.#engine?.then(
      (engine) => engine.close(),
      () => {},
    );
    this.#engine = undefined;
  }
}

async function loadEngine(): Promise<EngineCore> {
  const ahead = engineAhead();
  if (ahead) return new ahead();
  try {
    const { Engine } = await import('../engine/engine.js');
    return new Engine();
  } catch (error) {
    // Service workers know static imports only.
    const hint =
      'ServiceWorkerGlobalScope' in globalThis
        ? "A service worker loads no modules later: import 'edgy/engine' beside 'edgy'."
        : 'It is engine.js beside this module.';
    throw new EdgyError('network', `The engine could not be loaded: ${messageOf(error)} ${hint}`, { cause: error });
  }
}
