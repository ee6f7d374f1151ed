// Reads workloads.json: what is measured, on which files, against whom.
//
// A workload has `inputs` (a shape's "T" becomes seconds * framesPerSecond; without one the workload is measured once),
// `threads` (whether peers are measured with several threads too),
// `entries` (one line of the table each: name, runtime as site/page.js knows it, file, options; with `table`
// only in that of peers with so many threads; with `inputs` of its own where the runtime wants another layout),
// and perhaps `discover`, a pattern of further .edgy files. `peers/FILE` is a file of the folder EDGY_PEER_MODELS.
// Entries whose file is not there are left out, by name.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../lib/paths.mjs';

/** @typedef {{ name: string, runtime: string, file: string, options?: object, table?: number, inputs?: object }} Entry */

/** The folder of graphs that exist for several runtimes. @type {string | undefined} */
export const peerModels = process.env.EDGY_PEER_MODELS;
const kPeers = 'peers/';

/** Where a file of the manifest is. @param {string} file */
export function fileOf(file) {
  if (!file.startsWith(kPeers)) return path.resolve(root, file);
  return path.join(peerModels ?? path.join(root, 'EDGY_PEER_MODELS'), file.slice(kPeers.length));
}

/** How a page asks for it. @param {string} file */
export const addressOf = (file) =>
  file.startsWith(kPeers) ? `/${file}` : `/file/${path.relative(root, fileOf(file))}`;

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
      const here = entries.filter(({ file }) => existsSync(fileOf(file)));
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
