/** Answers the page's calls in a dedicated worker. */
import { buffersOf, type EngineCore } from './engine_core.js';
import type { Call } from './protocol.js';

interface WorkerScope {
  onmessage: ((event: MessageEvent<Call>) => void) | null;
  postMessage(message: unknown, transfer: Transferable[]): void;
}

export function serve(engine: EngineCore): void {
  const scope = globalThis as unknown as WorkerScope;
  scope.onmessage = async ({ data: { id, operation, request } }) => {
    const outcome = await engine.handle(operation, request);
    scope.postMessage({ id, outcome }, outcome.ok ? buffersOf(outcome.value) : []);
  };
}
