/** The engine with the two builds that have one thread. */
import createRelaxed from '#native/relaxed';
import createSimd from '#native/simd';
import { EngineCore, instantiateWith } from './engine_core.js';

export { buffersOf } from './engine_core.js';

export class Engine extends EngineCore {
  /** As EngineCore's. */
  constructor(almost?: () => void, resampler?: () => WebAssembly.Module) {
    super(
      (module, variant) => instantiateWith(variant === 'relaxed' ? createRelaxed : createSimd, module),
      almost,
      resampler,
    );
  }
}
