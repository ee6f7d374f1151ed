import { checkScope, choose, runtimeFor } from './core.js';
import { typed } from './errors/errors.js';
import { checkOptions } from './options.js';
import type { PreloadOptions } from './types.js';

const kPreloadOptions: readonly string[] = ['onProgress', 'variant', 'worker', 'threads', 'wasmPaths', 'integrity'];

/**
 * Fetches and compiles the runtime that sessions with the same options will use, ahead of the first one: while a page still waits for
 * its visitor. Sessions of a page share it.
 */
export function preload(options?: PreloadOptions | null): Promise<void> {
  return typed(
    (async () => {
      checkScope();
      await checkOptions(options, kPreloadOptions, 'option of preload');
      const { threads } = choose(options ?? {});
      await runtimeFor(options ?? {}, threads);
    })(),
  );
}
