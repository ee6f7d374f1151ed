// integrity.json: what every file of the package hashes to, in the form of Subresource Integrity, and the policy of seal.htm for
// servers that send one with every response.
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
}
