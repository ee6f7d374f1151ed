/** Calls that wait for their answers, over whatever carries messages. */
import { EdgyError } from '../errors/errors.js';
import type { Outcome } from './protocol.js';

interface Caller {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

export class PendingCalls {
  readonly #callers = new Map<number, Caller>();
  #lastId = 0;
  #death: EdgyError | undefined;

  /** `send` hands over the call under the given id; what it throws rejects this call alone. */
  call(send: (id: number) => void): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#death) {
        reject(this.#death);
        return;
      }
      const id = ++this.#lastId;
      try {
        send(id);
      } catch (error) {
        reject(error);
        return;
      }
      this.#callers.set(id, { resolve, reject });
    });
  }

  /** An answer to nothing is dropped. */
  settle(id: number, outcome: Outcome<unknown>): void {
    const caller = this.#callers.get(id);
    if (!caller) return;
    this.#callers.delete(id);
    if (outcome.ok) caller.resolve(outcome.value);
    else caller.reject(new EdgyError(outcome.code, outcome.message));
  }

  /** Rejects what waits, and every later call. */
  die(error: EdgyError): void {
    this.#death ??= error;
    for (const { reject } of this.#callers.values()) reject(error);
    this.#callers.clear();
  }

  /** Forgets what waits: those calls stay unanswered. */
  clear(): void {
    this.#callers.clear();
  }
}
