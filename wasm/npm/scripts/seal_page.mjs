// Puts together seal.htm: the outer frame's page with its policy, and in it, as text, the inner frame's page and the guard, the script of
// the sealed worker. Tests make variants of it, with another engine, with hostile code in the frame, or with a part taken out.
//
// Neither seal.htm nor sealed-engine.txt has an ending by which bundlers and servers find what they minify: one changed byte, and a
// hash no longer fits.
import { createHash } from 'node:crypto';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** As in Subresource Integrity and in a content security policy. @param {string | Uint8Array} text */
export const digest = (text, algorithm = 'sha256') =>
  `${algorithm}-${createHash(algorithm).update(text).digest('base64')}`;

/** @typedef {import('esbuild').BuildOptions} BuildOptions */

/** One classic script. @param {string} entry in src/ @param {Record<string, unknown>} define @param {BuildOptions} [more] */
async function bundle(entry, define = {}, more = {}) {
  const { outputFiles } = await build({
    absWorkingDir: here,
    entryPoints: [`src/${entry}`],
    bundle: true,
    write: false,
    format: 'iife',
    target: 'es2022',
    minify: true,
    legalComments: 'none',
    define: Object.fromEntries(Object.entries(define).map(([name, value]) => [name, JSON.stringify(value)])),
    logLevel: 'warning',
    ...more,
  });
  return outputFiles[0].text.trim();
}

/**
 * Another source in the place of `name` in src/seal, for controls: what the wall is good for shows where it is missing.
 * @param {string} name @param {string} contents @returns {import('esbuild').Plugin}
 */
const instead = (name, contents) => ({
  name: `without ${name}`,
  setup(context) {
    context.onLoad({ filter: new RegExp(`/seal/${name}\\.ts$`) }, () => ({ contents, loader: 'ts' }));
  },
});

/** Parts of the seal that a control does without. */
const without = {
  /** The realm of the worker left as it is, and read whenever a name of it is needed. */
  harden: instead('harden', 'export function harden() {}'),
  /** Guard and engine in one script, as two modules cannot be: the engine leaves itself under this name. */
  entrance: instead('entrance', 'export const makeEntrance = () => async () => ({ default: globalThis.edgyEngine })'),
  /** Policies that report are not looked for. */
  reporting: instead('reporting', "export const whoIsTold = async () => ''"),
};

/**
 * The guard. Names of the global scope are constants in it, read when it starts (words.ts). @param {import('esbuild').Plugin[]} [plugins]
 */
export const bundleGuard = (plugins = [], inject = ['src/seal/words.ts']) =>
  bundle('seal/guard_entry.ts', {}, { inject, plugins });

/** A script's text as HTML may hold it: neither end tag nor comment in it, the same program. @param {string} text */
const embeddable = (text) => text.replaceAll('</', '<\\/').replaceAll('<!--', '<\\!--');

/** @param {readonly string[]} scripts texts that may run */
const policyFor = (scripts) =>
  [
    "default-src 'none'",
    // blob: for the engine, which enters the worker as a module; no scope in here can make such an address once it is shut.
    `script-src ${scripts.map((text) => `'${digest(text)}'`).join(' ')} blob: 'wasm-unsafe-eval'`,
    'worker-src blob:',
    "connect-src 'none'",
    "frame-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    'trusted-types edgy-seal',
  ].join('; ');

const page = (head, script) =>
  `<!doctype html><html lang="en"><meta charset="utf-8">${head}<title>Edgy seal</title><script>${script}</script></html>\n`;

/**
 * @param {{ engine: string, simd: string, relaxed: string }} integrity hashes of the files that may enter
 * @param {{ inner?: string, without?: keyof typeof without, together?: string }} [extra] for tests: script text to run in the inner frame
 *   after its own; a part to leave out; and, without the entrance, the engine as a classic script, to follow the guard in its file
 */
export async function makeSealPage(integrity, extra = {}) {
  const plugins = extra.without ? [without[extra.without]] : [];
  const words = extra.without === 'harden' || extra.without === 'entrance' ? [] : undefined;
  const guard = [await bundleGuard(plugins, words), extra.together ?? []].flat().join('\n');
  const inner = await bundle(
    'seal/inner_frame_entry.ts',
    { EDGY_GUARD: guard, EDGY_INTEGRITY: integrity },
    { plugins },
  );
  const innerScript = embeddable(extra.inner ? `${inner}\n${extra.inner}` : inner);
  const outer = await bundle('seal/outer_frame_entry.ts', { EDGY_INNER_PAGE: page('', innerScript) });
  const outerScript = embeddable(outer);
  const policy = policyFor([outerScript, innerScript]);
  const head = `<meta http-equiv="Content-Security-Policy" content="${policy}"><meta name="referrer" content="no-referrer">`;
  return { html: page(head, outerScript), policy, guard };
}
