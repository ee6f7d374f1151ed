/** What the engine answers, made safe to look at. */
import type { Operation, Outcome, RequestOf } from '../worker/protocol.js';
import type { SealedHandler } from './protocol.js';

const kFailed: Outcome<unknown> = { ok: false, code: 'internal', message: '' };

/**
 * Asks the engine and copies its answer as messages are copied, so that neither proxies nor accessors nor methods of its own come to
 * the guard, and nothing that the engine could change later. `clone` is `structuredClone`.
 */
export function askIsolated(handler: SealedHandler, clone: typeof structuredClone) {
  return async (operation: Operation, request: RequestOf<Operation>): Promise<unknown> => {
    try {
      const { outcome, transfer } = await handler(operation, request);
      return clone(outcome, { transfer });
    } catch {
      return kFailed;
    }
  };
}
