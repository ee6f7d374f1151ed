/** Why a worker did not start, in words for who can mend it: the browser itself says next to nothing. */
import { EdgyError, messageOf } from './errors.js';

const kIsScript = /^(text|application)\/(x-)?(java|ecma)script\b/i;

function addressOf(url: URL | undefined, threads: number): { readonly file: string; readonly address: string } {
  const file = threads > 1 ? 'worker-threads.js' : 'worker.js';
  if (url) return { file, address: url.href };
  try {
    return { file, address: new URL(file, import.meta.url).href };
  } catch {
    return { file, address: '' }; // a bundle that knows no address of its own
  }
}

/** For what `new Worker` threw. */
export function whyRefused(error: unknown, url: URL | undefined, threads: number): EdgyError {
  const { file, address } = addressOf(url, threads);
  const place = address ? `The worker ${address}` : 'The worker';
  let hint: string;
  if (!address) {
    hint = `This bundle knows no address of its own: name ${file} in wasmPaths.`;
  } else if (new URL(address).origin !== globalThis.location?.origin) {
    hint = `A worker must come from the page's own origin: serve ${file} there and name it in wasmPaths.`;
  } else if (/Trusted/.test(messageOf(error))) {
    hint =
      'This page requires trusted types for scripts: let its policy allow the address, or compute without a worker (worker: false).';
  } else {
    hint = `Does the page's Content-Security-Policy allow it (worker-src 'self')? If ${file} was moved, name it in wasmPaths.`;
  }
  return new EdgyError('network', `${place} could not be started: ${messageOf(error)} ${hint}`, { cause: error });
}

/** For a worker that ended before its first answer. Asks the server once more, to see what is wrong with what it sends. */
export async function whyUnanswered(url: URL | undefined, threads: number, message = ''): Promise<EdgyError> {
  const { file, address } = addressOf(url, threads);
  const said = message ? ` ${message}` : '';
  const fix = `If ${file} was moved, name it in wasmPaths.`;
  return new EdgyError(
    'network',
    `The worker ${address} could not be loaded.${said} ${await whatIsThere(address)} ${fix}`.replace(/ +/g, ' '),
  );
}

async function whatIsThere(address: string): Promise<string> {
  try {
    const response = await fetch(address);
    void response.body?.cancel();
    const type = response.headers.get('content-type') ?? 'none';
    if (!response.ok) return `Its server answers ${response.status} ${response.statusText}`.trim().concat('.');
    if (!kIsScript.test(type)) {
      return `Its server answers with the media type ${type.slice(0, 80)} instead of text/javascript.`;
    }
    return "Its server answers with a script, so the page's Content-Security-Policy (worker-src, script-src) or embedder policy may forbid it.";
  } catch (error) {
    return `It could not be fetched: ${messageOf(error)}.`;
  }
}
