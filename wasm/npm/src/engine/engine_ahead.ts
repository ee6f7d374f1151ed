/** Where engine.js leaves its class for pages that import it ahead of need: `import 'edgy/engine'`. */
import { buildName } from './build_name.js';
import type { EngineCore } from './engine_core.js';

/** Two versions on one page have an engine each. */
const key = Symbol.for(`edgy engine ${buildName}`);
type EngineClass = new () => EngineCore;

export function leaveEngine(engine: EngineClass): void {
  (globalThis as Record<symbol, unknown>)[key] = engine;
}

export function engineAhead(): EngineClass | undefined {
  return (globalThis as Record<symbol, EngineClass | undefined>)[key];
}
