/**
 * The dedicated worker of a session with threads. Its helpers are workers that run this same file once more, under a name that
 * Emscripten's JavaScript knows; there it waits for what the first one hands it. So bundlers have one file to find, wherever they put it.
 */
import threaded from '#native/threads';
import { EngineCore, instantiateWith } from '../engine/engine_core.js';
import { serve } from './worker_loop.js';

const { name, location } = globalThis as unknown as { name: string; location: { href: string } };

if (!name.startsWith('em-pthread')) {
  serve(
    new EngineCore((module, variant, threads) =>
      instantiateWith(threaded[variant], module, { mainScriptUrlOrBlob: location.href, helpers: threads - 1 }),
    ),
  );
}
