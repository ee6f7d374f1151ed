// integrity.json: what every file of the package hashes to, in the form of Subresource Integrity, and the policy of seal.htm for
// servers that send one with every response. waict.json: the same hashes as a manifest of Web Application Integrity, Consistency and
// Transparency (github.com/waict-wg/waict-integrity-spec), which knows files by their bytes, wherever a site puts them.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { digest } from './seal.mjs';

/** @param {string} folder dist/ @param {string} version @param {string} sealPolicy */
export async function writeIntegrity(folder, version, sealPolicy) {
  const names = (await readdir(folder)).filter((name) => /\.(js|htm|txt|wasm)$/.test(name)).sort();
  const files = {};
  for (const name of names) {
    const bytes = await readFile(path.join(folder, name));
    files[name] = { bytes: bytes.length, sha256: digest(bytes), integrity: digest(bytes, 'sha384') };
  }
  const content = { version, files, contentSecurityPolicy: { 'seal.htm': sealPolicy } };
  await writeFile(path.join(folder, 'integrity.json'), `${JSON.stringify(content, null, 2)}\n`);
  await writeFile(path.join(folder, 'waict.json'), `${JSON.stringify(waictManifest(files), null, 2)}\n`);
}

/**
 * Without a transparency log's proof, which only the site can have. The draft's lists are sorted and in base64url; `any_hashes` is what
 * Firefox's implementation reads, in plain base64.
 * @param {Record<string, { sha256: string }>} files
 */
function waictManifest(files) {
  const hashes = (/** @type {RegExp} */ wanted) =>
    Object.entries(files)
      .filter(([name]) => wanted.test(name))
      .map(([, { sha256 }]) => sha256.slice('sha256-'.length))
      .sort();
  const inUrls = (/** @type {string[]} */ list) =>
    list.map((hash) => Buffer.from(hash, 'base64').toString('base64url')).sort();
  return {
    hashes: {},
    any_hashes: hashes(/./),
    wildcard_hashes: inUrls(hashes(/./)),
    wasm_hashes: inUrls(hashes(/\.wasm$/)),
  };
}
