/**
 * The dedicated worker of a session with threads. Its helpers are workers that run this same file once more, under a name that
 * Emscripten's JavaScript knows; there it waits for what the first one hands it. So bundlers have one file to find, wherever they put it.
 */
import createThreaded from '#native/relaxed-threads';
import { helpWithMissing } from './cut.js';
import { EngineCore, instantiateWith } from './engine_core.js';
import { serve } from './worker_loop.js';

const { name, location } = globalThis as unknown as { name: string; location: { href: string } };

if (name !== 'em-pthread') {
  serve(
    new EngineCore((module, _variant, threads) =>
      instantiateWith(createThreaded, module, { mainScriptUrlOrBlob: location.href, helpers: threads - 1 }),
    ),
  );
} else {
  helpWithMissing();
}
