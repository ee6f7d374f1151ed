/** Answers the page's calls in a dedicated worker. */
import { buffersOf, type EngineCore } from '../engine/engine_core.js';
import type { Call } from './protocol.js';
import { holdLife } from './worker_life.js';

interface WorkerScope {
  onmessage: ((event: MessageEvent<Call>) => void) | null;
  postMessage(message: unknown, transfer: Transferable[]): void;
}

export function serve(engine: EngineCore): void {
  const scope = globalThis as unknown as WorkerScope;
  let held: Promise<boolean> | undefined;
  scope.onmessage = async ({ data: { id, operation, request, life } }) => {
    held ??= life ? holdLife(life) : Promise.resolve(false);
    const lives = await held; // all calls wait for the same promise, so that they keep their order
    const outcome = await engine.handle(operation, request);
    scope.postMessage(life ? { id, outcome, lives } : { id, outcome }, outcome.ok ? buffersOf(outcome.value) : []);
  };
}
