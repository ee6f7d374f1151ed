// The packed package in apps of every bundler, in a real browser.
// Usage: node run.mjs [--sample | NAME...]; all of them without names. --sample: what a run of all tests can afford.
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium as browsers } from 'playwright-core';
import { chromium, chromiumArguments, int8Model, models, root } from '../lib/paths.mjs';
import { serve as serveFolders } from '../lib/server.mjs';
import { builds, run } from './builds.mjs';

const here = import.meta.dirname;
const output = path.join(root, 'build/bundlers');
const kMostMilliseconds = 120_000;

/** The bundlers, in a folder of their own: they are heavier than all else. Installs those of `dependencies` alone for the sample. */
function install(sample) {
  const [lock, installed] = ['package-lock.json', 'node_modules/.package-lock.json'].map((file) =>
    path.join(here, file),
  );
  const there = existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs;
  if (there && (sample || existsSync(path.join(here, 'node_modules/parcel')))) return;
  const words = ['ci', '--workspaces=false', '--no-audit', '--no-fund', ...(sample ? ['--omit=dev'] : [])];
  execFileSync('npm', words, { cwd: here, stdio: 'inherit' });
}

/** The tarball, and where it is unpacked. */
function pack() {
  rmSync(output, { recursive: true, force: true });
  mkdirSync(output, { recursive: true });
  const [{ filename }] = JSON.parse(
    execFileSync('npm', ['pack', '--json', '--pack-destination', output], {
      cwd: path.join(root, 'wasm/npm'),
      encoding: 'utf8',
    }),
  );
  execFileSync('tar', ['-xzf', path.join(output, filename), '-C', output]);
  return { file: path.join(output, filename), package: path.join(output, 'package') };
}

/** A project with the app and the package in it. */
function project(name, edgy) {
  const folder = path.join(output, name);
  cpSync(path.join(here, 'app'), folder, { recursive: true });
  cpSync(edgy, path.join(folder, 'node_modules/edgy'), { recursive: true });
  mkdirSync(path.join(folder, 'node_modules/.bin'));
  symlinkSync('../edgy/bin/edgy.mjs', path.join(folder, 'node_modules/.bin/edgy'));
  writeFileSync(
    path.join(folder, 'package.json'),
    JSON.stringify({ name, private: true, type: 'module', dependencies: { edgy: '*' } }),
  );
  return folder;
}

/** What a page with the app came to. */
async function inBrowser(browser, url) {
  const page = await browser.newPage();
  const heard = [];
  page.on('console', (message) => heard.push(message.text()));
  page.on('pageerror', (error) => heard.push(String(error)));
  page.on('requestfailed', (request) => heard.push(`${request.url()}: ${request.failure()?.errorText}`));
  try {
    await page.goto(url);
    await page.waitForFunction(() => 'results' in globalThis, undefined, { timeout: kMostMilliseconds });
    return await page.evaluate(() => globalThis.results);
  } catch (error) {
    throw new Error(`${error.message}\n${heard.slice(0, 10).join('\n')}`);
  } finally {
    await page.close();
  }
}

async function served(folder, browser, base = '/a/path/') {
  const server = await serveFolders({ [base]: path.join(folder, 'out'), '/models/': models });
  try {
    return await inBrowser(browser, server.url + base);
  } finally {
    server.close();
  }
}

/** Vite's development server, with the headers of an isolated page. */
async function developed(folder, browser) {
  const { createServer } = await import('vite');
  const headers = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };
  cpSync(int8Model, path.join(folder, 'public/models', path.basename(int8Model)));
  const server = await createServer({
    root: folder,
    configFile: false,
    logLevel: 'error',
    server: { headers, host: '127.0.0.1' },
  });
  try {
    await server.listen();
    return await inBrowser(browser, server.resolvedUrls.local[0]);
  } finally {
    await server.close();
  }
}

/** In a browser of its own that has the extension. */
async function extended(folder) {
  const extension = path.join(folder, 'out');
  const context = await browsers.launchPersistentContext(path.join(folder, 'profile'), {
    executablePath: chromium,
    ignoreDefaultArgs: ['--disable-extensions'],
    args: [...chromiumArguments, `--disable-extensions-except=${extension}`, `--load-extension=${extension}`],
  });
  try {
    return await inBrowser(context, `chrome-extension://${idOf(extension)}/index.html`);
  } finally {
    await context.close();
  }
}

/** What Chromium calls an unpacked extension: the hash of its path in letters from a to p. */
function idOf(folder) {
  const hash = createHash('sha256').update(folder).digest('hex').slice(0, 32);
  return Array.from(hash, (digit) => String.fromCharCode(97 + Number.parseInt(digit, 16))).join('');
}

/** By the framework's own server. */
async function servedByItself(folder, browser, command) {
  cpSync(int8Model, path.join(folder, 'public/models', path.basename(int8Model)));
  const port = await freePort();
  const [program, ...words] = command(folder, port);
  const server = spawn(program, words, { cwd: folder, stdio: 'ignore' });
  try {
    const url = `http://127.0.0.1:${port}/`;
    for (let tries = 0; tries < 200; tries++) {
      if (await fetch(url).catch(() => undefined)) break;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    return await inBrowser(browser, url);
  } finally {
    server.kill();
  }
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function commanded(folder, [command, ...words]) {
  const { stdout } = await run(folder, command, ...words, int8Model);
  return JSON.parse(/^RESULTS (.*)$/m.exec(stdout)?.[1] ?? 'null');
}

/** The codes that are right: computed by the package as it was built, in this process, which the browser tests hold against the native runtime. */
async function right(folder) {
  const { check } = await import(pathToFileURL(path.join(folder, 'check.js')).href);
  const { plain, sound } = await check(pathToFileURL(int8Model).href, ['plain']);
  if (!Array.isArray(plain) || !Array.isArray(sound)) throw new Error(`${plain} ${sound}`);
  return { codes: plain, sound };
}

/** What is wrong with `results`, in words. */
function wrongWith(results, expected, { expect, command, serve, without }) {
  if (!results) return ['nothing came out'];
  const inPage = !command && !serve;
  const missing = ['plain', 'ort', 'sound', 'mistake', ...(inPage ? ['alone', 'sealed', 'threads'] : [])].filter(
    (kind) => kind !== without && !(kind in results),
  );
  if (missing.length > 0) return [`nothing was tried of ${missing.join(', ')}`];
  const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
  return Object.entries(results).flatMap(([kind, result]) => {
    if (kind === 'mistake')
      return /'thread' is no option.*Did you mean threads\?/.test(result) ? [] : [`${kind}: ${result}`];
    const message = expect && (kind === 'sealed' ? expect.sealed : expect.others);
    if (message) return typeof result === 'string' && message.test(result) ? [] : [`${kind}: ${result}`];
    return same(result, kind === 'sound' ? expected.sound : expected.codes) ? [] : [`${kind}: ${result}`];
  });
}

const sample = process.argv.includes('--sample');
const names = sample ? ['webpack', 'esbuild', 'node'] : process.argv.slice(2);
for (const name of names)
  if (!(name in builds)) throw new Error(`'${name}' is none of ${Object.keys(builds).join(', ')}.`);
install(sample);
const packed = pack();
const expected = await right(project('right', packed.package));
const browser = await browsers.launch({ executablePath: chromium, args: chromiumArguments });
let failed = 0;
const report = (name, wrong, seconds, what) => {
  console.log(
    `  ${wrong.length > 0 ? 'FAIL' : 'ok  '}  ${name.padEnd(18)} ${seconds.toFixed(1).padStart(5)} s  ${what}`,
  );
  for (const text of wrong) console.log(`        ${text.replaceAll('\n', '\n        ')}`);
  failed += wrong.length > 0 ? 1 : 0;
};
try {
  const start = performance.now();
  const { wrongWithTarball } = await import('./tarball.mjs');
  const wrong = await wrongWithTarball(packed.package, readFileSync(packed.file));
  report('tarball', wrong, (performance.now() - start) / 1000, 'publint, are the types wrong');
  for (const name of names.length > 0 ? names : Object.keys(builds)) {
    const start = performance.now();
    const build = builds[name];
    let wrong;
    let kinds = '';
    try {
      const folder = project(name, packed.package);
      await build.build?.(folder);
      const results = await (build.extension
        ? extended(folder)
        : build.dev
          ? developed(folder, browser)
          : build.serve
            ? servedByItself(folder, browser, build.serve)
            : build.command
              ? commanded(folder, build.command)
              : served(folder, browser, build.base));
      kinds = Object.keys(results ?? {}).join(', ');
      wrong = wrongWith(results, expected, build);
    } catch (error) {
      wrong = [error.message];
    }
    report(name, wrong, (performance.now() - start) / 1000, kinds);
  }
} finally {
  await browser.close();
}
process.exitCode = failed > 0 ? 1 : 0;
