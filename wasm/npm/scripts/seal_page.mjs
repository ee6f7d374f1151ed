// Puts together seal.htm: the outer frame's page with its policy, and in it, as text, the inner frame's page and the guard, the script of
// the sealed worker. Tests make variants of it, with another engine, with hostile code in the frame, or with a part taken out.
//
// Neither seal.htm nor sealed-engine.txt has an ending by which bundlers and servers find what they minify: one changed byte, and a
// hash no longer fits.
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { digest, embeddable, innerPage, sealPage } from '../bin/bundle/seal.mjs';

const here = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

export { digest };

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
  const outer = await bundle('seal/outer_frame_entry.ts', { EDGY_INNER_PAGE: innerPage(innerScript) });
  return { ...sealPage(innerScript, embeddable(outer)), guard };
}

/** The scripts of both frames with the names EDGY_INTEGRITY and EDGY_INNER_PAGE left in them, for `edgy bundle` to replace. */
export async function sealScripts() {
  const guard = await bundleGuard();
  return {
    inner: await bundle('seal/inner_frame_entry.ts', { EDGY_GUARD: guard }),
    outer: await bundle('seal/outer_frame_entry.ts'),
  };
}
