// Puts together seal.html: the outer frame's page with its policy, and in it, as text, the inner frame's page and the prelude of
// the sealed worker. Tests make variants of it, with another engine or with hostile code in the frame.
import { createHash } from 'node:crypto';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** As in Subresource Integrity and in a content security policy. @param {string | Uint8Array} text */
export const digest = (text, algorithm = 'sha256') =>
  `${algorithm}-${createHash(algorithm).update(text).digest('base64')}`;

/** One classic script. @param {string} entry in src/ @param {Record<string, unknown>} define */
async function bundle(entry, define = {}, plugins = []) {
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
    plugins,
  });
  return outputFiles[0].text.trim();
}

/** The realm of the worker left as it is. @type {import('esbuild').Plugin} */
const soft = {
  name: 'soft',
  setup(context) {
    context.onLoad({ filter: /\/harden\.ts$/ }, () => ({ contents: 'export function harden() {}', loader: 'ts' }));
  },
};

/** A script's text as HTML may hold it: neither end tag nor comment in it, the same program. @param {string} text */
const embeddable = (text) => text.replaceAll('</', '<\\/').replaceAll('<!--', '<\\!--');

/** @param {readonly string[]} scripts texts that may run */
const policyFor = (scripts) =>
  [
    "default-src 'none'",
    `script-src ${scripts.map((text) => `'${digest(text)}'`).join(' ')} 'wasm-unsafe-eval'`,
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
 * @param {{ inner?: string, soft?: boolean }} [extra] for tests: script text to run in the inner frame after its own; a worker in which
 *   the language is not frozen
 */
export async function makeSealPage(integrity, extra = {}) {
  const prelude = await bundle('seal/worker_prelude.ts', {}, extra.soft ? [soft] : []);
  const inner = await bundle('seal/inner_frame_entry.ts', { EDGY_PRELUDE: prelude, EDGY_INTEGRITY: integrity });
  const innerScript = embeddable(extra.inner ? `${inner}\n${extra.inner}` : inner);
  const outer = await bundle('seal/outer_frame_entry.ts', { EDGY_INNER_PAGE: page('', innerScript) });
  const outerScript = embeddable(outer);
  const policy = policyFor([outerScript, innerScript]);
  const head = `<meta http-equiv="Content-Security-Policy" content="${policy}"><meta name="referrer" content="no-referrer">`;
  return { html: page(head, outerScript), policy, prelude };
}
