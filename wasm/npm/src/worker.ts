/** The dedicated worker: a loop around the engine. */
import { buffersOf, Engine } from './engine.js';
import type { Call } from './protocol.js';

interface WorkerScope {
  onmessage: ((event: MessageEvent<Call>) => void) | null;
  postMessage(message: unknown, transfer: Transferable[]): void;
}

const scope = globalThis as unknown as WorkerScope;
const engine = new Engine();

scope.onmessage = async ({ data: { id, operation, request } }) => {
  const outcome = await engine.handle(operation, request);
  scope.postMessage({ id, outcome }, outcome.ok ? buffersOf(outcome.value) : []);
};
