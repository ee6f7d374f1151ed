#!/usr/bin/env node
/** After a build: dist/sw.js, the service worker with the list of all files that the page needs, and a hash of their content. */
import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const scripts = dirname(fileURLToPath(import.meta.url));
const dist = join(scripts, '../dist');

// The voice is loaded when asked for: nobody should have it who does not. The page's sessions have one thread each, so it never asks for what the package has for several.
// Nor the page in one document, which has no service worker.
const isNeeded = (name) => !/\.(md|br|map)$|-threads-|^voice\/|worker-voice|^quiet[./]/.test(name) && name !== 'sw.js';

const entries = await readdir(dist, { recursive: true, withFileTypes: true });
const files = entries
  .filter((entry) => entry.isFile())
  .map((entry) =>
    relative(dist, join(entry.parentPath ?? entry.path, entry.name))
      .split(sep)
      .join('/'),
  )
  .filter(isNeeded)
  .sort();

const hash = createHash('sha256');
for (const file of files) hash.update(file).update(await readFile(join(dist, file)));

const template = await readFile(join(scripts, 'service-worker.js'), 'utf8');
await writeFile(
  join(dist, 'sw.js'),
  template.replace('@version@', hash.digest('hex').slice(0, 16)).replace("['@files@']", JSON.stringify(files)),
);
