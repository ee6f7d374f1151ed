/** engine.js: the engine of a thread without a worker. Loaded when it is needed, or imported ahead where modules cannot be loaded later. */
import { Engine as LocalEngine } from './engine/engine.js';
import { leaveEngine } from './engine/engine_ahead.js';

leaveEngine(LocalEngine);

/** @internal */
export const Engine = LocalEngine;
