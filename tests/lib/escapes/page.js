// The page around the attempts: makes sealed sessions and loose workers, and looks wherever a secret may have surfaced.
import { InferenceSession, Tensor } from '/edgy/index.js';
import { createSealedSession } from '/edgy/sealed.js';

const model = '/models/edgy-256-int8.edgy';
const pcm = () => Float32Array.from({ length: 4000 }, (_, i) => Math.sin(i / 20) * Math.sin(i / 300));
const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

const heard = [];
new BroadcastChannel('leak').onmessage = ({ data }) => heard.push(data);
addEventListener('message', ({ data }) => heard.push(data));
addEventListener('error', ({ message }) => heard.push(message));

// All that crosses a seal, before the library takes out what it knows.
globalThis.MessageChannel = class extends MessageChannel {
  constructor() {
    super();
    this.port1.addEventListener('message', ({ data }) => heard.push(data));
  }
};

/** Every string and every run of bytes that can be reached from `value`, as text. */
function everything(value, seen = new Set()) {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return numberText(value);
  if (typeof value !== 'object' || value === null || seen.has(value)) return '';
  seen.add(value);
  const buffer = ArrayBuffer.isView(value) ? value.buffer : value instanceof ArrayBuffer ? value : undefined;
  const bytes = buffer ? `${text(new Uint8Array(buffer))} ${hex(new Uint8Array(buffer))} ${growthOf(buffer)}` : '';
  const names = buffer ? [] : Object.getOwnPropertyNames(value);
  return [bytes, ...names, ...names.map((name) => everything(value[name], seen))].join('\n');
}

// A copy, as decoders take no buffer that could grow.
const text = (bytes) => new TextDecoder('latin1').decode(bytes.slice());
const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

const growthOf = (buffer) => `grows by ${(buffer.maxByteLength ?? buffer.byteLength) - buffer.byteLength} `;
const numberText = (value) => `number ${value} `;

/** Whether the embedding's first bytes are in there, as they are or spelled out, or a part of them as a number (worker.mjs: chosen). */
function carries(value, secret) {
  const all = everything(value);
  const chosen = Number.parseInt(secret.slice(0, 5), 16);
  return [secret, `grows by ${chosen} `, numberText(chosen / 2 ** 20)].some((sign) => all.includes(sign));
}

/** The first 32 bytes of z, in hexadecimal: what the hostile engine tries to get out. */
async function theSecret() {
  const session = await createSealedSession(model, { level: 'low', variant: 'simd' });
  const { outputs } = await session.encode(pcm());
  await session.release();
  return hex(new Uint8Array(outputs.z.data.buffer, 0, 32));
}

async function outcome(work) {
  try {
    return await work();
  } catch (error) {
    return { code: error.code, message: error.message };
  }
}

/**
 * A sealed session with the hostile engine of a folder of the site, asked `calls` times and once more; for each call, whether its
 * answer carries the secret.
 */
async function askSealed(folder, calls, secret) {
  const wasmPaths = { 'seal.htm': `${folder}/seal.htm`, 'sealed-engine.txt': `${folder}/sealed-engine.txt` };
  const session = await createSealedSession(model, { wasmPaths, variant: 'simd' });
  const found = [];
  const answers = [];
  for (let call = 0; call < calls; call++) {
    heard.length = 0;
    const answer = await outcome(() => session.encode(pcm()));
    answers.push(answer.code ?? Object.keys(answer.outputs).join());
    await wait(call ? 5 : 1000);
    found.push(carries(answer, secret) || carries(heard, secret));
  }
  const made = (await outcome(() => session.encode(pcm()))).codes?.[0];
  found.push(carries(heard, secret));
  return { found, answers, made };
}

/** The code of the error with which a session of a folder of the site ends at once; undefined when there is one. */
async function refusal(folder) {
  const made = await outcome(() => askSealed(folder, 1, ''));
  return made.code;
}

/** The same engine in a worker of the page's own. */
async function askLoose(calls, secret) {
  const worker = new Worker('/loose/worker.js');
  worker.onerror = (event) => {
    event.preventDefault();
    heard.push(event.message);
  };
  let resolve;
  worker.onmessage = ({ data }) => resolve(data);
  const ask = (operation, request) =>
    new Promise((done) => {
      resolve = done;
      worker.postMessage({ id: 1, operation, request });
    });
  const bytes = async (url) => (await fetch(url)).arrayBuffer();
  const module = await bytes('/edgy/edgy-simd.wasm');
  const options = { module, variant: 'simd', isa: 'auto', memoryLimit: 2 ** 30, profile: false };
  const { outcome: loaded } = await ask('load', { ...options, model: await bytes(model) });
  const codes = loaded.value.outputs.findIndex(({ name }) => name === 'indices');
  const found = [];
  for (let call = 0; call < calls; call++) {
    heard.length = 0;
    const answer = await ask('encode', { pcm: pcm(), mel: false, fetches: [codes] });
    await wait(call ? 20 : 1500);
    found.push(carries(answer, secret) || carries(heard, secret));
  }
  return { found };
}

/** What is in the storage that this origin's pages share. */
async function stored(secret) {
  const database = await new Promise((resolve) => {
    const open = indexedDB.open('leak-idb', 1);
    open.onupgradeneeded = () => open.transaction.abort();
    open.onerror = () => resolve('');
    open.onsuccess = () => {
      const get = open.result.transaction('s').objectStore('s').get('k');
      get.onsuccess = () => resolve(get.result);
    };
  });
  const cached = await (await caches.open('leak-cache')).match('/leak');
  const root = await navigator.storage.getDirectory();
  const file = await root.getFileHandle('leak').catch(() => undefined);
  const locks = await navigator.locks.query();
  return {
    'indexed database': carries(database, secret),
    cache: carries(await cached?.text(), secret),
    'private file system': carries(await (await file?.getFile())?.text(), secret),
    'broadcast channel': carries(heard, secret),
    'name of a lock': locks.held.some(({ name }) => name.includes(secret)),
  };
}

/** A session whose inner frame holds the hostile script `name`. */
async function frameSealed(name) {
  heard.length = 0;
  await outcome(() => createSealedSession(model, { wasmPaths: { 'seal.htm': `/sealed/${name}/seal.htm` } }));
  await wait(1000);
  return heard.includes('ran');
}

async function frameLoose(name) {
  const frame = document.createElement('iframe');
  frame.src = `/loose/${name}.html`;
  document.body.append(frame);
  await wait(1500);
}

/** Where a frame may have left something in this page. */
function surfaced() {
  const [frame] = [...document.querySelectorAll('iframe')].slice(-1);
  const inner = frame?.contentWindow?.length === 1 ? frame.contentWindow[0] : frame?.contentWindow;
  return {
    'document of the page': document.title.includes('secret-'),
    'global of the page': 'leaked' in globalThis,
    'fragment of the address of the page': location.hash.includes('secret-'),
    'local storage': (localStorage.getItem('leak') ?? '').includes('secret-'),
    cookie: document.cookie.includes('secret-'),
    'number of frames': (inner?.length ?? 0) >= 7,
  };
}

globalThis.kit = {
  askLoose,
  askSealed,
  carries,
  createSealedSession,
  frameLoose,
  frameSealed,
  InferenceSession,
  model,
  outcome,
  pcm,
  refusal,
  stored,
  surfaced,
  Tensor,
  theSecret,
};
