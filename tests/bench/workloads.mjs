// Reads workloads.json: what is measured, on which files, against whom.
//
// A workload has `inputs` (a shape's "T" becomes seconds * framesPerSecond; without one the workload is measured once),
// `threads` (whether peers are measured with several threads too),
// `entries` (one line of the table each: name, runtime as site/page.js knows it, file, options; with `table`
// only in that of peers with so many threads), a `baseline` that ratios are
// taken to, and perhaps `discover`, a pattern of further .edgy files. Entries whose file is not there are left out, by name.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../lib/paths.mjs';

/** @typedef {{ name: string, runtime: string, file: string, options?: object, table?: number }} Entry */

/** Files that match a pattern with `*` in its last part. @param {string} pattern */
function match(pattern) {
  const folder = path.join(root, path.dirname(pattern));
  const [head = '', ...rest] = path.basename(pattern).split('*');
  const tail = rest.at(-1) ?? '';
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.startsWith(head) && file.endsWith(tail))
    .sort()
    .map((file) => path.join(path.dirname(pattern), file));
}

/**
 * @param {{ manifest: string, only: string[], extra: string[] }} choice workloads by name (all when empty), and more .edgy files
 *   for each of them
 */
export function readWorkloads({ manifest, only, extra }) {
  const all = Object.entries(JSON.parse(readFileSync(manifest, 'utf8')));
  for (const name of only) {
    if (!all.some(([key]) => key === name))
      throw new Error(`${manifest} has no workload '${name}': ${all.map(([key]) => key)}`);
  }
  return all
    .filter(([name]) => only.length === 0 || only.includes(name))
    .map(([name, workload]) => {
      const found = [...(workload.discover ? match(workload.discover) : []), ...extra].map((file) => ({
        name: `edgy ${path.basename(file, '.edgy')}`,
        runtime: 'edgy',
        file,
      }));
      /** @type {Entry[]} */
      const entries = [...workload.entries, ...found];
      const here = entries.filter(({ file }) => existsSync(path.resolve(root, file)));
      const missing = entries.filter((entry) => !here.includes(entry));
      return { name, ...workload, entries: here, missing: missing.map(({ name, file }) => `${name} (${file})`) };
    });
}

/** The inputs for a length of audio. @param {any} workload @param {number} seconds */
export function inputsFor(workload, seconds) {
  const extent = (/** @type {number | string} */ dim) =>
    typeof dim === 'string' ? Math.round(seconds * workload.framesPerSecond) : dim;
  return Object.fromEntries(
    Object.entries(workload.inputs).map(([name, input]) => [name, { ...input, shape: input.shape.map(extent) }]),
  );
}

/** Whether the workload depends on the length of audio. @param {any} workload */
export const hasLength = (workload) => workload.framesPerSecond !== undefined;
