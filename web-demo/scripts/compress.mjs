#!/usr/bin/env node
/** After a build: a brotli copy beside every text and wasm file, which the server hands to browsers that take it. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants } from 'node:zlib';

const dist = join(dirname(fileURLToPath(import.meta.url)), '../dist');
const options = { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY } };

for (const entry of await readdir(dist, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !/\.(html?|js|txt|css|json|wasm)$/.test(entry.name)) continue;
  const path = join(entry.parentPath ?? entry.path, entry.name);
  await writeFile(`${path}.br`, await promisify(brotliCompress)(await readFile(path), options));
}
