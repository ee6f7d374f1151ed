/** A sealed session around the demo's model, and everything that this page can think of to get more out of it. */
import { EdgyError, Tensor } from 'edgy';
import { createSealedSession, type SealedSession } from 'edgy/sealed';
import { kPrivateModel } from '../engine';
import type { SealVerifier } from '../panels/seal_check';
import { wasmPaths } from '../quiet/shelf';
import { kMelBands } from './levels';

/** A forged call that was answered would have been by then; an unanswered one never is. */
const kSilence = 400;

/** What code inside would reach for, by what it is good for. */
const kWaysOut: readonly (readonly [string, readonly string[]])[] = [
  ['Fetch an address', ['fetch']],
  ['Send an XMLHttpRequest', ['XMLHttpRequest']],
  ['Open a WebSocket', ['WebSocket', 'WebSocketStream']],
  ['Open a WebTransport', ['WebTransport']],
  ['Listen to an EventSource', ['EventSource']],
  ['Connect by WebRTC', ['RTCPeerConnection', 'RTCDataChannel']],
  ['Send a beacon', ['navigator', 'Navigator', 'WorkerNavigator']],
  ['Load a script with importScripts', ['importScripts']],
  ['Start another worker', ['Worker', 'SharedWorker']],
  ['Talk to other tabs by BroadcastChannel', ['BroadcastChannel']],
  ['Write to IndexedDB', ['indexedDB', 'IDBFactory']],
  ['Write to the cache', ['caches', 'CacheStorage']],
  ['Write to files', ['FileSystemHandle', 'FileSystemSyncAccessHandle', 'StorageManager']],
  ['Read or write cookies', ['cookieStore', 'CookieStore']],
  ['Make an address for data', ['URL', 'Blob']],
  ['Draw to a canvas', ['OffscreenCanvas', 'createImageBitmap']],
  ['Notify', ['Notification', 'ServiceWorkerRegistration']],
  ['Count with shared memory', ['SharedArrayBuffer', 'Atomics']],
];

export async function closeSeal(): Promise<SealedSession> {
  return createSealedSession(kPrivateModel, { level: 'high', wasmPaths });
}

/** `current`: the recording that the page shows, and its events at level high from the model outside the seal. */
export function makeVerifier(
  session: SealedSession,
  current: () => { readonly pcm: Float32Array; readonly events: Int32Array } | undefined,
): SealVerifier {
  return async (onFinding) => {
    const recording = current();
    if (!recording) throw new EdgyError('invalid-input', 'there is no recording yet');
    const before = performance.getEntriesByType('resource').length;
    const refused = async (attempt: string, work: () => Promise<unknown>) => {
      try {
        await work();
        onFinding({ attempt, outcome: 'it worked', blocked: false });
      } catch (error) {
        onFinding({ attempt, outcome: `refused: ${reason(error)}`, blocked: true });
      }
      await painted();
    };

    const { codes } = await session.encode(recording.pcm);
    if (!codes || !same(codes, recording.events)) {
      throw new EdgyError('internal', 'the sealed model gave other events than the one outside');
    }

    const { pcm } = recording;
    await refused('Ask for z as well', () => session.encode(pcm).then(({ outputs }) => demand(outputs.z)));
    await refused('Ask for the phones as well', () =>
      session.encode(pcm).then(({ outputs }) => demand(outputs.phones)),
    );
    await refused('Ask for the log-mel', () => session.encode(pcm, { mel: true }).then(({ mel }) => demand(mel)));
    await refused('Feed a log-mel and fetch z', () => session.run({ mel: silence() }, ['z']));
    await refused('Lower the level to moderate', () => session.tighten('moderate'));
    await refused('Lower the level to low', () => session.tighten('low'));

    const frame = document.querySelector<HTMLIFrameElement>('iframe[sandbox]');
    const inside = frame?.contentWindow as (Window & Record<string, unknown>) | null | undefined;
    await refused('Read the frame’s document', async () => demand(frame?.contentDocument));
    await refused('Read a variable of the frame', async () => demand(inside?.document));
    await refused('Call a function of the frame', async () => callEval(inside));
    await refused('Slip a second channel in', () => answered(inside, { edgy: 'seal' }));
    await refused('Forge a call to run', () => answered(inside, { id: 1, operation: 'run', request: {} }));

    const { worker, frame: sealedFrame } = session.report;
    for (const [attempt, names] of kWaysOut) {
      const left = names.filter(
        (name) => worker.lockdown.kept.includes(name) || sealedFrame.lockdown.kept.includes(name),
      );
      onFinding({
        attempt: `${attempt}, from inside`,
        outcome: left.length ? `${left.join(', ')} is still there` : `refused: ${names[0]} is not there`,
        blocked: left.length === 0,
      });
      await painted();
    }
    for (const [attempt, blocked] of [
      ['Connect, from inside', worker.probes.connect],
      ['Import code, from inside', worker.probes.import],
      ['Evaluate text as code, from inside', worker.probes.eval],
    ] as const) {
      onFinding({ attempt, outcome: blocked ? 'refused: by the policy of the seal' : 'it worked', blocked });
      await painted();
    }
    const sent = performance.getEntriesByType('resource').length - before;
    onFinding({
      attempt: 'Anything in the list of requests',
      outcome: sent ? `${sent} requests` : 'none since the first attempt',
      blocked: sent === 0,
    });
  };
}

function silence(): Tensor {
  return new Tensor('float32', new Float32Array(kMelBands * 100), [1, kMelBands, 100]);
}

/** One frame of the screen, so that a visitor sees the attempts come in. */
function painted(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 30));
}

function reason(error: unknown): string {
  if (error instanceof EdgyError) return error.message;
  return error instanceof Error ? error.name : String(error);
}

function demand<T>(value: T | null | undefined): T {
  if (value === null || value === undefined) throw new EdgyError('refused', 'nothing was handed out');
  return value;
}

function same(a: Int32Array, b: Int32Array): boolean {
  return a.length === b.length && a.every((code, at) => code === b[at]);
}

function callEval(inside: (Window & Record<string, unknown>) | null | undefined): unknown {
  const evaluate = inside?.eval;
  if (typeof evaluate !== 'function') throw new EdgyError('refused', 'there is no such function');
  return evaluate('1');
}

/** Resolves when the frame answers on a port that is not the page's own; rejects when it keeps silent. */
function answered(inside: Window | null | undefined, message: unknown): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve, reject) => {
    port1.onmessage = () => resolve();
    inside?.postMessage(message, '*', [port2]);
    setTimeout(() => reject(new EdgyError('refused', 'no answer')), kSilence);
  });
}
