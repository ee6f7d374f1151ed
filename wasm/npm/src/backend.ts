/** Where the engine lives: in a worker of its own, or in this thread. */
import { EdgyError, messageOf } from './errors.js';
import { PendingCalls } from './pending_calls.js';
import type { Answer, Operation, RequestOf, ResultOf } from './protocol.js';

export interface Backend {
  call<O extends Operation>(operation: O, request: RequestOf<O>, transfer: Transferable[]): Promise<ResultOf<O>>;
  /** Ends the engine and frees its memory. Calls under way stay unanswered. */
  close(): void;
}

export class WorkerBackend implements Backend {
  readonly #worker: Worker;
  readonly #pending = new PendingCalls();
  #answered = false;

  /** `url`: where the worker's script was moved to. */
  constructor(url: URL | undefined, threads = 1) {
    try {
      // Written out in this form, so that bundlers see the workers and carry them along.
      this.#worker = url
        ? new Worker(url, { type: 'module', name: 'edgy' })
        : threads > 1
          ? new Worker(new URL('./worker-threads.js', import.meta.url), { type: 'module', name: 'edgy' })
          : new Worker(new URL('./worker.js', import.meta.url), { type: 'module', name: 'edgy' });
    } catch (error) {
      throw new EdgyError(
        'network',
        `The worker could not be started: ${messageOf(error)} A worker must come from the page's own origin: ` +
          `serve worker.js there and name it in wasmPaths.`,
        { cause: error },
      );
    }
    this.#worker.onmessage = ({ data: { id, outcome } }: MessageEvent<Answer>) => {
      this.#answered = true;
      this.#pending.settle(id, outcome);
    };
    this.#worker.onmessageerror = () =>
      this.#die(new EdgyError('internal', 'An answer of the worker could not be read.'));
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#die(
        this.#answered
          ? new EdgyError('internal', `The worker crashed: ${event.message}`)
          : new EdgyError('network', `The worker could not be loaded. ${event.message ?? ''}`.trim()),
      );
    };
  }

  call<O extends Operation>(operation: O, request: RequestOf<O>, transfer: Transferable[]): Promise<ResultOf<O>> {
    return this.#pending.call((id) => {
      try {
        this.#worker.postMessage({ id, operation, request }, transfer);
      } catch (error) {
        throw notHandedOver(error);
      }
    }) as Promise<ResultOf<O>>;
  }

  close(): void {
    this.#worker.terminate();
    this.#pending.clear();
  }

  #die(error: EdgyError): void {
    this.#worker.terminate();
    this.#pending.die(error);
  }
}

/** What could not be cloned or transferred was the caller's. */
export function notHandedOver(error: unknown): EdgyError {
  return new EdgyError('invalid-input', `The input could not be handed over: ${messageOf(error)}`, { cause: error });
}

export class LocalBackend implements Backend {
  #engine: Promise<import('./engine.js').Engine> | undefined;

  async call<O extends Operation>(operation: O, request: RequestOf<O>): Promise<ResultOf<O>> {
    this.#engine ??= import('./engine.js').then(({ Engine }) => new Engine());
    const outcome = await (await this.#engine).handle(operation, request);
    if (outcome.ok) return outcome.value;
    throw new EdgyError(outcome.code, outcome.message);
  }

  close(): void {
    void this.#engine?.then((engine) => engine.close());
    this.#engine = undefined;
  }
}
