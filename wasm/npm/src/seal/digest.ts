/** Hashes as Subresource Integrity writes them. */
import { EdgyError } from '../errors/errors.js';
import type { Digest } from './protocol.js';

export type Digester = (bytes: ArrayBuffer) => Promise<Digest>;

/** To be made before the scope loses the names that it needs. */
export function makeDigester(): Digester {
  const { subtle } = crypto;
  // Gone where the page itself came over plain HTTP.
  if (!subtle) return () => Promise.reject(new EdgyError('sealed', 'A seal needs a page from https or localhost.'));
  const hash = subtle.digest.bind(subtle);
  const toBase64 = btoa.bind(globalThis);
  return async (bytes) => `sha256-${toBase64(String.fromCharCode(...new Uint8Array(await hash('SHA-256', bytes))))}`;
}
