/** sealed-engine.txt: the engine as the module that the sealed worker's guard lets in. */
import resampler from '#native/resample';
import { buffersOf, Engine } from '../engine/engine.js';
import type { StartEngine } from './protocol.js';

const start: StartEngine = ({ almost }) => {
  // Another file could not be fetched in here.
  const engine = new Engine(almost, () => new WebAssembly.Module(resampler));
  return async (operation, request) => {
    const outcome = await engine.handle(operation, request);
    return { outcome, transfer: outcome.ok ? buffersOf(outcome.value) : [] };
  };
};

export default start;
