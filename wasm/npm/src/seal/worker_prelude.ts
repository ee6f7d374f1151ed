/**
 * The first script of the sealed worker. Takes the network, storage and messages away, then lets the engine, which follows in the
 * same file, answer calls and nothing else. The guard's page carries this text, so the engine cannot come without it.
 */
import type { Call } from '../protocol.js';
import { kLanguage, lockDown } from './lockdown.js';
import { probePolicy } from './probes.js';
import type { SealedHandler, WorkerReport } from './protocol.js';

interface WorkerScope {
  postMessage(message: unknown, transfer: Transferable[]): void;
  addEventListener(type: 'message', listener: (event: MessageEvent<Call>) => void): void;
}

const scope = globalThis as unknown as WorkerScope;
const post = scope.postMessage.bind(scope);
const now = performance.now.bind(performance);
const probes = probePolicy();
let handler: SealedHandler | undefined;

scope.addEventListener('message', async ({ data: { id, operation, request } }) => {
  if (!handler) return;
  try {
    const { outcome, transfer } = await handler(operation, request);
    post({ id, outcome }, transfer);
  } catch {
    post({ id, outcome: { ok: false, code: 'internal', message: '' } }, []);
  }
});

const lockdown = lockDown(globalThis, kLanguage);
for (const name of ['compileStreaming', 'instantiateStreaming']) Reflect.deleteProperty(WebAssembly, name);

const silent = () => {};
const additions = {
  performance: Object.freeze({ now }),
  console: Object.freeze({ log: silent, warn: silent, error: silent }),
  edgySeal: Object.freeze({
    serve(handle: SealedHandler): void {
      handler ??= handle;
    },
    /** An answer is near. */
    almost(): void {
      post('almost', []);
    },
  }),
};
for (const [name, value] of Object.entries(additions)) Object.defineProperty(globalThis, name, { value });

void probes.then((seen) => post({ lockdown, probes: seen } satisfies WorkerReport, []));
