/** sealed-engine.js: the engine as the second script of the sealed worker. */
import { buffersOf, Engine } from '../engine.js';
import type { SealedHandler } from './protocol.js';

/** What worker_prelude.ts left. */
declare const edgySeal: { serve(handler: SealedHandler): void; almost(): void };

const engine = new Engine(edgySeal.almost);

edgySeal.serve(async (operation, request) => {
  const outcome = await engine.handle(operation, request);
  return { outcome, transfer: outcome.ok ? buffersOf(outcome.value) : [] };
});
