/**
 * The one script that the sealed worker starts with. Takes the network, storage and messages away, freezes what is left, sees that the
 * policy holds, and only then lets the engine in, as a module of its own that answers calls of the guard and nothing else.
 */
import { EdgyError, messageOf } from '../errors/errors.js';
import { makeEntrance } from './entrance.js';
import { Guard } from './guard.js';
import { harden } from './harden.js';
import { askIsolated } from './isolated.js';
import { kLanguage, lockDown } from './lockdown.js';
import { probePolicy } from './probes.js';
import type { Almost, Arrival, Handoff, SealedHandler, StartEngine, WorkerNews } from './protocol.js';

interface WorkerScope {
  postMessage(message: unknown, transfer: Transferable[]): void;
  addEventListener(type: 'message', listener: (event: MessageEvent<Arrival | Handoff>) => void): void;
}

const scope = globalThis as unknown as WorkerScope & typeof globalThis;
const tellFrame = scope.postMessage.bind(scope);
const clone = scope.structuredClone.bind(scope);
const now = performance.now.bind(performance);
const enter = makeEntrance();
const probes = probePolicy(scope.fetch.bind(scope));
let arrived = false;
let handler: SealedHandler | undefined;
let announce = () => {};

scope.addEventListener('message', ({ data, ports }) => {
  const [port] = ports;
  if ('engine' in data) void letIn(data.engine);
  else if (handler && port) serve(handler, data, port);
});

/** The engine's text, of which the gate took the hash. */
async function letIn(engine: ArrayBuffer): Promise<void> {
  if (arrived) return;
  arrived = true;
  const tell = (news: WorkerNews) => tellFrame(news, []);
  try {
    const seen = await probes;
    // Where the policy does not hold, the gate hears of it, and no engine comes in.
    if (seen.connect && seen.import && seen.eval) {
      const start = (await enter(engine)).default as StartEngine | undefined;
      const made: unknown = start?.({ almost: () => announce() });
      if (typeof made !== 'function') throw new EdgyError('sealed', 'It exports no function that starts it.');
      handler = made as SealedHandler;
    }
    tell({ lockdown, probes: seen });
  } catch (error) {
    tell({ failure: `The engine could not be let in: ${messageOf(error)}` });
  }
}

function serve(engine: SealedHandler, { runtime, digest, call }: Handoff, port: MessagePort): void {
  handler = undefined;
  const guard = new Guard({ now, ask: askIsolated(engine, clone) }, runtime, digest);
  const answer = async (message: unknown) => {
    announce = () => {
      announce = () => {};
      port.postMessage('almost' satisfies Almost);
    };
    const reply = await guard.handle(message);
    if (!reply) return;
    // Said before every answer, whatever the engine did: that it was said tells nothing.
    announce();
    port.postMessage(reply.message, reply.transfer);
  };
  port.onmessage = ({ data }) => answer(data);
  void answer(call);
}

const lockdown = lockDown(scope, kLanguage);
for (const name of ['compileStreaming', 'instantiateStreaming']) Reflect.deleteProperty(WebAssembly, name);

const silent = () => {};
const additions = {
  performance: { now },
  console: { log: silent, warn: silent, error: silent },
};
for (const [name, value] of Object.entries(additions)) {
  Object.defineProperty(scope, name, { value: Object.freeze(value) });
}
harden(scope);
