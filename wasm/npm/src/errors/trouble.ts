/**
 * What may be wrong, in words for who can mend it. A module of its own, loaded when something failed and not before: browsers themselves
 * say next to nothing, and the sentences that help are long. It gives texts, not errors: those are made where callers know their class.
 */

const kIsScript = /^(text|application)\/(x-)?(java|ecma)script\b/i;
const kAssets =
  'Some bundlers (esbuild, Rollup) leave such files behind: `npx edgy assets DIR` copies them into the folder of the bundle.';

const wasMoved = (file: string) => `If ${file} was moved, name it in wasmPaths.`;

/** Where a worker was looked for; '' where that cannot be told: webpack puts the address of the source in its place. */
function addressOf(url: string | undefined, file: string): string {
  if (url !== undefined) return url;
  try {
    const address = new URL(file, import.meta.url);
    return address.protocol === 'file:' && globalThis.location?.protocol !== 'file:' ? '' : address.href;
  } catch {
    return ''; // a bundle that knows no address of its own
  }
}

/** For what `new Worker` threw. `url`: where `file` was moved to. */
export function whyRefused(said: string, url: string | undefined, file: string): string {
  const address = addressOf(url, file);
  let hint: string;
  if (!address) {
    hint = `This bundle knows no address of its own: name ${file} in wasmPaths.`;
  } else if (new URL(address).origin !== globalThis.location?.origin) {
    hint = `A worker must come from the page's own origin: serve ${file} there and name it in wasmPaths.`;
  } else if (/Trusted/.test(said)) {
    hint =
      'This page requires trusted types for scripts: let its policy allow the address, or compute without a worker (worker: false).';
  } else {
    hint = `Does the page's Content-Security-Policy allow it (worker-src 'self')? ${wasMoved(file)}`;
  }
  return `${address ? `The worker ${address}` : 'The worker'} could not be started: ${said} ${hint}`;
}

/** For a worker that ended before its first answer. Asks the server once more, to see what is wrong with what it sends. */
export async function whyUnanswered(said: string, url: string | undefined, file: string): Promise<string> {
  const address = addressOf(url, file);
  const parts = [`The worker ${address || file} could not be loaded.`, said, address && (await whatIsThere(address))];
  return [...parts, wasMoved(file)].filter(Boolean).join(' ');
}

async function whatIsThere(address: string): Promise<string> {
  try {
    const response = await fetch(address);
    void response.body?.cancel();
    const type = response.headers.get('content-type') ?? 'none';
    if (!response.ok)
      return `Its server answers ${response.status} ${response.statusText}`.trim().concat(`. ${kAssets}`);
    if (!kIsScript.test(type)) {
      return `Its server answers with the media type ${type.slice(0, 80)} instead of text/javascript. ${kAssets}`;
    }
    return "Its server answers with a script, so the page's Content-Security-Policy (worker-src, script-src) or embedder policy may forbid it.";
  } catch (error) {
    return `It could not be fetched: ${error instanceof Error ? error.message : String(error)}.`;
  }
}

/** For a file of the package that its server does not have. */
export function whyMissing(file: string): string {
  return `${kAssets} ${wasMoved(file)}`;
}

/** For what is there in the place of `file` and is no WebAssembly. */
export function whyNoWebAssembly(url: string, answer: string, file: string): string {
  const what = answer ? `Its server answers ${answer}: it` : 'The file';
  return `${url} is no WebAssembly that this browser takes. ${what} may be another file than ${file}. ${kAssets} ${wasMoved(file)}`;
}

/** What begins with `head` and is no model. */
export function whatIs(head: Uint8Array): string {
  const text = String.fromCharCode(...head);
  if (/^\s*<(!doctype|html|\?xml|head|body)/i.test(text)) {
    return 'it is an HTML page, as servers send for addresses that they do not know. Is the model deployed there?';
  }
  if (head[0] === 0x1f && head[1] === 0x8b)
    return 'it is compressed with gzip, and its server does not say so (Content-Encoding).';
  // An ONNX file begins with the version of its format, a small number in field 1, and goes on with field 2, 3, 7 or 8.
  if (head[0] === 0x08 && (head[1] as number) < 0x20 && [0x12, 0x1a, 0x3a, 0x42].includes(head[2] as number)) {
    return 'it is an ONNX model. Convert it first: edgy convert MODEL.onnx -o MODEL.edgy.';
  }
  if (text.startsWith('version https://git-lfs')) return 'it is a pointer of Git LFS, not the file it points to.';
  if (text.startsWith('TFL3', 4)) return 'it is a TensorFlow Lite model. Edgy converts ONNX models.';
  return "its bytes 4 to 7 are not 'EDGY'.";
}

/** Why a session has one thread. */
export const obstacles = {
  node: 'under Node sessions have one',
  worker: 'without a worker (worker: false) a session has one',
  isolated:
    'this page is not cross-origin isolated, so it has no shared memory. Its server has to send the headers ' +
    '"Cross-Origin-Opener-Policy: same-origin" and "Cross-Origin-Embedder-Policy: require-corp" ' +
    '(self.crossOriginIsolated is true then)',
} as const;
export type Obstacle = keyof typeof obstacles;

/** Options of onnxruntime-web that Edgy has no use for: whoever gives them expects its interface. */
const kOfOnnxruntime = new Set(
  (
    'executionProviders graphOptimizationLevel intraOpNumThreads interOpNumThreads freeDimensionOverrides enableCpuMemArena ' +
    'enableMemPattern executionMode optimizedModelFilePath enableProfiling profileFilePrefix logId logSeverityLevel logVerbosityLevel ' +
    'preferredOutputLocation enableGraphCapture externalData extra terminate tag'
  ).split(' '),
);

/** For an option or a key that does not exist. `known`: those that do. */
export function unknownName(name: string, known: readonly string[], what: string): string {
  const shown = name.length > 40 ? `${name.slice(0, 40)}...` : name;
  const near = nearest(name, known);
  const hint = kOfOnnxruntime.has(name)
    ? " It is onnxruntime's; the entry 'edgy/ort' takes its options."
    : near
      ? ` Did you mean ${near}?`
      : '';
  return `'${shown}' is no ${what}.${hint} There are: ${known.join(', ')}.`;
}

/** The name that one would mistype as `name`: at most a third of its letters differ. */
function nearest(name: string, known: readonly string[]): string | undefined {
  const wanted = name.toLowerCase().slice(0, 40);
  let [best, least] = [undefined as string | undefined, Math.max(1, Math.floor(wanted.length / 3)) + 1];
  for (const other of known) {
    const steps = editSteps(wanted, other.toLowerCase());
    if (steps < least) [best, least] = [other, steps];
  }
  return best;
}

/** Letters to insert, remove or replace (Levenshtein). */
function editSteps(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}

const kHash = /^sha(256|384|512)-[A-Za-z0-9+/]+={0,2}$/;

/** What is wrong with `bytes` that have to hash to `expected`; '' for nothing. */
export async function whyNotIntact(bytes: BufferSource, expected: string, name: string): Promise<string> {
  const [, length] = kHash.exec(expected) ?? [];
  if (!length)
    return `integrity '${expected}' is no hash: it is written as 'sha256-' or 'sha384-' and the hash in base64.`;
  const { subtle } = globalThis.crypto ?? {};
  if (!subtle) return `${name} cannot be hashed here: that takes a page from https or localhost.`;
  const hash = new Uint8Array(await subtle.digest(`SHA-${length}`, bytes));
  const found = `sha${length}-${btoa(String.fromCharCode(...hash))}`;
  if (found === expected) return '';
  const builds = /edgy-[\w-]+\.wasm/.test(name)
    ? ' JavaScript and WebAssembly have to be of one build: serve the files of one version of the package, and let no cache keep older ones.'
    : '';
  return `${name} hashes to ${found}, not to ${expected}: it is another file, or was changed on its way.${builds}`;
}
