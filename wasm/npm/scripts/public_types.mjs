// The compiler declares every module; what nobody can reach from an entry is no part of the package.
import { readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';

/** Names (relative, with '/') of the declarations that `entries` lead to. @param {string} folder @param {readonly string[]} entries */
async function reachable(folder, entries) {
  const seen = new Set(entries);
  for (const name of seen) {
    const text = await readFile(path.join(folder, name), 'utf8');
    for (const [, module] of text.matchAll(/\b(?:from|import)\s*\(?\s*['"](\.[^'"]+)\.js['"]/g)) {
      seen.add(path.posix.join(path.posix.dirname(name), `${module}.d.ts`));
    }
  }
  return seen;
}

/** Removes all other declarations. @param {string} folder @param {readonly string[]} entries */
export async function keepPublicTypes(folder, entries) {
  const kept = await reachable(folder, entries);
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath ?? entry.path, entry.name);
    const name = path.relative(folder, file).split(path.sep).join('/');
    if (entry.isFile() && !kept.has(name)) await rm(file);
  }
}
