#!/usr/bin/env node
/** After a build: a brotli copy beside every text and wasm file, which the server hands to browsers that take it. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants } from 'node:zlib';

const dist = join(dirname(fileURLToPath(import.meta.url)), '../dist');
const kLarge = 2 ** 20;
/** What is large here are models in base64, of which more effort makes no less. */
const quality = ({ length }) => (length > kLarge ? 5 : constants.BROTLI_MAX_QUALITY);
const optionsOf = (content) => ({ params: { [constants.BROTLI_PARAM_QUALITY]: quality(content) } });

for (const entry of await readdir(dist, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !/\.(html?|js|txt|css|json|wasm)$/.test(entry.name)) continue;
  const path = join(entry.parentPath ?? entry.path, entry.name);
  const content = await readFile(path);
  await writeFile(`${path}.br`, await promisify(brotliCompress)(content, optionsOf(content)));
}
