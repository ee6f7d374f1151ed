/** Where the engine lives: in a worker of its own, or in this thread. */
import { EdgyError, messageOf } from './errors.js';
import type { Answer, Operation, Outcome, RequestOf, ResultOf } from './protocol.js';

export interface Backend {
  call<O extends Operation>(operation: O, request: RequestOf<O>, transfer: Transferable[]): Promise<ResultOf<O>>;
  /** Ends the engine and frees its memory. Calls under way stay unanswered. */
  close(): void;
}

function unwrap<T>(outcome: Outcome<T>): T {
  if (outcome.ok) return outcome.value;
  throw new EdgyError(outcome.code, outcome.message);
}

export class WorkerBackend implements Backend {
  readonly #worker: Worker;
  readonly #pending = new Map<number, { resolve(value: unknown): void; reject(error: unknown): void }>();
  #lastId = 0;
  #answered = false;
  #death: EdgyError | undefined;

  constructor(url: URL | undefined) {
    try {
      // Written out in this form, so that bundlers see the worker and carry it along.
      this.#worker = url
        ? new Worker(url, { type: 'module', name: 'edgy' })
        : new Worker(new URL('./worker.js', import.meta.url), { type: 'module', name: 'edgy' });
    } catch (error) {
      throw new EdgyError(
        'network',
        `The worker could not be started: ${messageOf(error)} A worker must come from the page's own origin: ` +
          `serve worker.js there and name it in wasmPaths.`,
        { cause: error },
      );
    }
    this.#worker.onmessage = (event: MessageEvent<Answer>) => this.#settle(event.data);
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
    return new Promise((resolve, reject) => {
      if (this.#death) {
        reject(this.#death);
        return;
      }
      const id = ++this.#lastId;
      try {
        this.#worker.postMessage({ id, operation, request }, transfer);
      } catch (error) {
        reject(
          new EdgyError('invalid-input', `The input could not be handed over: ${messageOf(error)}`, { cause: error }),
        );
        return;
      }
      this.#pending.set(id, { resolve: resolve as (value: unknown) => void, reject });
    });
  }

  close(): void {
    this.#worker.terminate();
    this.#pending.clear();
  }

  #settle({ id, outcome }: Answer): void {
    this.#answered = true;
    const caller = this.#pending.get(id);
    if (!caller) return;
    this.#pending.delete(id);
    try {
      caller.resolve(unwrap(outcome));
    } catch (error) {
      caller.reject(error);
    }
  }

  #die(error: EdgyError): void {
    this.#death = error;
    this.#worker.terminate();
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
  }
}

export class LocalBackend implements Backend {
  #engine: Promise<import('./engine.js').Engine> | undefined;

  async call<O extends Operation>(operation: O, request: RequestOf<O>): Promise<ResultOf<O>> {
    this.#engine ??= import('./engine.js').then(({ Engine }) => new Engine());
    return unwrap(await (await this.#engine).handle(operation, request));
  }

  close(): void {
    void this.#engine?.then((engine) => engine.close());
    this.#engine = undefined;
  }
}
