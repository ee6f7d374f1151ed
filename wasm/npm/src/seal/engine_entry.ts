/** sealed-engine.js: the engine as the second script of the sealed worker. */
import resampler from '#native/resample';
import { buffersOf, Engine } from '../engine.js';
import type { SealedHandler } from './protocol.js';

/** What worker_prelude.ts left. */
declare const edgySeal: { serve(handler: SealedHandler): void; almost(): void };

// Another file could not be fetched in here.
const engine = new Engine(edgySeal.almost, () => new WebAssembly.Module(resampler));

edgySeal.serve(async (operation, request) => {
  const outcome = await engine.handle(operation, request);
  return { outcome, transfer: outcome.ok ? buffersOf(outcome.value) : [] };
});
