/** Where engine.js leaves its class for pages that import it ahead of need: `import 'edgy/engine'`. */
import type { EngineCore } from './engine_core.js';

const key = Symbol.for('edgy engine');
type EngineClass = new () => EngineCore;

export function leaveEngine(engine: EngineClass): void {
  (globalThis as Record<symbol, unknown>)[key] = engine;
}

export function engineAhead(): EngineClass | undefined {
  return (globalThis as Record<symbol, EngineClass | undefined>)[key];
}
