// How each bundler is called: as its own guide says for a new project, without a configuration file. Where one leaves files behind, the
// line of Edgy's README that mends it.
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { promisify } from 'node:util';
import { int8Model } from '../lib/paths.mjs';

const require = createRequire(import.meta.url);
const here = import.meta.dirname;
const execute = promisify(execFile);

const run = async (folder, command, ...words) => {
  try {
    return await execute(command, words, { cwd: folder, env: { ...process.env, NODE_ENV: 'production', CI: '1' } });
  } catch (error) {
    throw new Error(`${[path.basename(command), ...words].join(' ')}\n${error.stdout}\n${error.stderr}`.slice(0, 4000));
  }
};
const tool = (name) => path.join(here, 'node_modules/.bin', name);
/** `npx edgy assets DIR`, of the installed package. */
const assets = (folder, ...words) => run(folder, path.join(folder, 'node_modules/.bin/edgy'), 'assets', ...words);

/** The app's page, with options of sessions where there are some. */
function html(folder, options) {
  const script = options ? `<script>globalThis.sessionOptions = ${JSON.stringify(options)};</script>\n    ` : '';
  return readFileSync(path.join(folder, 'index.html'), 'utf8').replace('<script', `${script}<script`);
}

/** A page that loads the bundle. */
function page(folder, options) {
  writeFileSync(path.join(folder, 'out/index.html'), html(folder, options));
}

const nextLayout = `export default function Layout({ children }) {
  return (
    <html lang="en">
      <body>{children}</body>
    </html>
  );
}
`;
const nextPage = `'use client';
import { useEffect } from 'react';
import { check } from '../check.js';

export default function Page() {
  useEffect(() => {
    check('/models/edgy-256-int8.edgy', ['plain', 'alone', 'ort', 'sealed']).then((results) => {
      globalThis.results = results;
    });
  }, []);
  return <p>A page with Edgy in it</p>;
}
`;

/**
 * Each makes the page in FOLDER/out of the app in FOLDER. `expect`: a text that every session's error has to contain, where the point
 * is what a developer is told. Pages are served below a path of their own, unless the bundler wants to be told where (`base`).
 * @type {Record<string, { build?: (folder: string) => Promise<unknown>, dev?: string, expect?: { sealed: RegExp, others: RegExp }, without?: string, command?: string[],
 *   serve?: (folder: string, port: number) => string[], base?: string, extension?: boolean }>}
 */
export const builds = {
  plain: {
    async build(folder) {
      mkdirSync(path.join(folder, 'out'));
      for (const file of ['main.js', 'check.js']) cpSync(path.join(folder, file), path.join(folder, 'out', file));
      cpSync(path.join(folder, 'node_modules/edgy/dist'), path.join(folder, 'out/edgy'), { recursive: true });
      page(folder);
      const file = path.join(folder, 'out/index.html');
      const map = JSON.stringify({
        imports: { edgy: './edgy/index.js', 'edgy/ort': './edgy/ort.js', 'edgy/sealed': './edgy/sealed.js' },
      });
      writeFileSync(
        file,
        readFileSync(file, 'utf8').replace('<script', `<script type="importmap">${map}</script>\n    <script`),
      );
    },
  },
  webpack: {
    async build(folder) {
      const webpack = require('webpack');
      const options = {
        mode: 'production',
        context: folder,
        entry: './main.js',
        output: { path: path.join(folder, 'out') },
      };
      const stats = await new Promise((resolve, reject) =>
        webpack(options, (error, stats) => (error ? reject(error) : resolve(stats))),
      );
      if (stats.hasErrors()) throw new Error(stats.toString({ all: false, errors: true }));
      page(folder);
    },
  },
  vite: { base: '/', build: (folder) => run(folder, tool('vite'), 'build', '--outDir', 'out') },
  'vite-dev': { dev: 'vite' },
  rollup: {
    async build(folder) {
      await run(folder, tool('rollup'), '-p', 'node-resolve', '-f', 'es', '-d', 'out', 'main.js');
      await assets(folder, 'out');
      page(folder);
    },
  },
  esbuild: {
    async build(folder) {
      await run(folder, tool('esbuild'), 'main.js', '--bundle', '--format=esm', '--outdir=out');
      await assets(folder, 'out');
      page(folder);
    },
  },
  'esbuild-forgotten': {
    expect: { sealed: /404.*wasmPaths/, others: /404.*npx edgy assets DIR.*wasmPaths/ },
    async build(folder) {
      await run(folder, tool('esbuild'), 'main.js', '--bundle', '--format=esm', '--outdir=out');
      page(folder);
    },
  },
  // No module, so it knows no address of its own.
  'esbuild-iife': {
    async build(folder) {
      await run(
        folder,
        tool('esbuild'),
        'main.js',
        '--bundle',
        '--outdir=out',
        '--log-override:empty-import-meta=silent',
      );
      await assets(folder, 'out/files');
      page(folder, { wasmPaths: './files/' });
    },
  },
  parcel: {
    base: '/',
    async build(folder) {
      // It minifies what it takes for a page of the app, seal.htm too: sealed sessions get their files from elsewhere.
      writeFileSync(path.join(folder, 'index.html'), html(folder, { sealed: { wasmPaths: './files/' } }));
      const to = ['--dist-dir', 'out', '--no-cache', '--cache-dir', 'cache'];
      await run(folder, tool('parcel'), 'build', 'index.html', ...to);
      await assets(folder, 'out/files', '--sealed');
    },
  },
  // An extension's page (manifest version 3): its policy allows no inline script, so the app is bundled.
  extension: {
    extension: true,
    without: 'sealed',
    async build(folder) {
      const app = path.join(folder, 'main.js');
      writeFileSync(app, readFileSync(app, 'utf8').replace("'sealed', ", ''));
      await run(folder, tool('esbuild'), 'main.js', '--bundle', '--format=esm', '--outdir=out');
      await assets(folder, 'out');
      page(folder);
      const model = path.join(folder, 'out/models/edgy-256-int8.edgy');
      cpSync(int8Model, model);
      const manifest = {
        manifest_version: 3,
        name: 'Edgy in an extension',
        version: '1.0',
        content_security_policy: { extension_pages: "script-src 'self' 'wasm-unsafe-eval'; object-src 'self'" },
        cross_origin_opener_policy: { value: 'same-origin' },
        cross_origin_embedder_policy: { value: 'require-corp' },
      };
      writeFileSync(path.join(folder, 'out/manifest.json'), JSON.stringify(manifest));
    },
  },
  next: {
    async build(folder) {
      for (const name of ['next', 'react', 'react-dom']) {
        symlinkSync(path.join(here, 'node_modules', name), path.join(folder, 'node_modules', name));
      }
      mkdirSync(path.join(folder, 'app'));
      writeFileSync(path.join(folder, 'app/layout.jsx'), nextLayout);
      writeFileSync(path.join(folder, 'app/page.jsx'), nextPage);
      await run(folder, path.join(here, 'node_modules/.bin/next'), 'build');
    },
    serve: (folder, port) => [
      path.join(here, 'node_modules/.bin/next'),
      'start',
      folder,
      '-p',
      String(port),
      '-H',
      '127.0.0.1',
    ],
  },
  node: { command: [process.execPath, 'server.js'] },
  deno: { command: [tool('deno'), 'run', '-A', '--node-modules-dir=manual', 'server.js'] },
  bun: { command: [tool('bun'), 'server.js'] },
};

export { run };
