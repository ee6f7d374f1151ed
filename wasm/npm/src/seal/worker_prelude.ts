/**
 * The first script of the sealed worker. Takes the network, storage and messages away, freezes what is left, and puts the guard in front of
 * the engine, which follows in the same file and answers calls of the guard and nothing else. The gate's page carries this text, so the
 * engine cannot come without it.
 */
import './genuine_here.js';
import { Guard } from './guard.js';
import { harden } from './harden.js';
import { askIsolated } from './isolated.js';
import { kLanguage, lockDown } from './lockdown.js';
import { probePolicy } from './probes.js';
import type { Almost, Handoff, SealedHandler, WorkerReport } from './protocol.js';

interface WorkerScope {
  postMessage(message: unknown, transfer: Transferable[]): void;
  addEventListener(type: 'message', listener: (event: MessageEvent<Handoff>) => void): void;
}

const scope = globalThis as unknown as WorkerScope;
const report = scope.postMessage.bind(scope);
const clone = structuredClone.bind(globalThis);
const now = performance.now.bind(performance);
const probes = probePolicy();
let handler: SealedHandler | undefined;
let announce = () => {};

scope.addEventListener('message', ({ data: { runtime, digest, call }, ports }) => {
  const [port] = ports;
  if (!handler || !port) return;
  const guard = new Guard({ now, ask: askIsolated(handler, clone) }, runtime, digest);
  const answer = async (message: unknown) => {
    announce = () => {
      announce = () => {};
      port.postMessage('almost' satisfies Almost);
    };
    const reply = await guard.handle(message);
    if (reply) port.postMessage(reply.message, reply.transfer);
  };
  port.onmessage = ({ data }) => answer(data);
  void answer(call);
});

const lockdown = lockDown(globalThis, kLanguage);
for (const name of ['compileStreaming', 'instantiateStreaming']) Reflect.deleteProperty(WebAssembly, name);

const silent = () => {};
const additions = {
  performance: { now },
  console: { log: silent, warn: silent, error: silent },
  edgySeal: {
    serve(handle: SealedHandler): void {
      handler ??= handle;
    },
    /** An answer is near. */
    almost(): void {
      announce();
    },
  },
};
for (const [name, value] of Object.entries(additions)) {
  Object.defineProperty(globalThis, name, { value: Object.freeze(value) });
}
harden(globalThis);

void probes.then((seen) => report({ lockdown, probes: seen } satisfies WorkerReport, []));
