// The package as `edgy bundle` cuts it to one model of build/models. Made once for the tests of the package and those in the browser, as
// Binaryen takes most of a minute: the folder is kept until something that it is made of changes.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { models, root } from './paths.mjs';

const npm = path.join(root, 'wasm/npm');

/**
 * @param {string} name a file of build/models
 * @returns {{ folder: string, printed: string }} the cut package, and what the command said
 */
export function bundled(name) {
  const place = path.join(root, 'build/bundled', name);
  const [folder, said, stamp] = ['package', 'printed.txt', 'made-of'].map((part) => path.join(place, part));
  const madeOf = hashOf(name);
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== madeOf) {
    rmSync(place, { recursive: true, force: true });
    mkdirSync(place, { recursive: true });
    const words = ['bundle', path.join(models, name), '-o', folder];
    writeFileSync(said, execFileSync(process.execPath, [path.join(npm, 'bin/edgy.mjs'), ...words]));
    writeFileSync(stamp, madeOf);
  }
  return { folder, printed: readFileSync(said, 'utf8') };
}

/** Of all that the command reads. @param {string} name */
function hashOf(name) {
  const hash = createHash('sha256').update(readFileSync(path.join(models, name)));
  for (const part of ['bin', 'bundle', 'dist'])
    for (const entry of readdirSync(path.join(npm, part), { recursive: true, withFileTypes: true })) {
      const file = path.join(entry.parentPath, entry.name);
      if (entry.isFile()) hash.update(`\n${path.relative(npm, file)}\n`).update(readFileSync(file));
    }
  return hash.digest('hex');
}
