#!/usr/bin/env node
/**
 * After a build: dist/quiet.html, the whole page as one file, and dist/quiet-host/, which serves it from hosts that send no headers.
 *
 * A document that comes with `Connection-Allowlist: ()` can load nothing, not from its own server and not from a service worker's copy. So
 * all that the page needs is in its markup: scripts and styles as they are, other files as data, which become addresses in memory.
 */
import { createHash } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { documentPolicy, kQuietHeaders, responsePolicy } from './quiet_headers.mjs';

const scripts = dirname(fileURLToPath(import.meta.url));
const dist = join(scripts, '../dist');

const kTypes = {
  '.js': 'text/javascript',
  '.wasm': 'application/wasm',
  '.htm': 'text/html',
  '.txt': 'text/plain',
  '.json': 'application/json',
  '.flac': 'audio/flac',
};
/** What the page loads while it starts: models, recordings, attackers, the package's files and the microphone's worklet. */
const kNeeded =
  /^(models|speech|attackers)\/.*\.(edgy|flac|json)$|^assets\/(edgy|worker|seal|sealed-engine|capture\.worklet)-?.*\.(js|wasm|htm|txt)$/;
/** Of several threads, and of the voice, which is loaded when asked for: here nothing can be. */
const kUnneeded = /-threads-|worker-voice|^assets\/edgy-[\w-]{8}\.js$/;
/** The package's own names, of which the build makes NAME-HASH.EXTENSION. */
const kRuntime = /^assets\/(edgy-(?:simd|relaxed|resample)|worker|seal|sealed-engine)-[\w-]{8}(\.\w+)$/;

const sha256 = (text) => `sha256-${createHash('sha256').update(text).digest('base64')}`;
const read = (name) => readFile(join(dist, name), 'utf8');
/** As HTML may hold a program: neither an end tag nor a comment in it. */
const embeddable = (text) => text.replaceAll('</script', '<\\/script').replaceAll('<!--', '<\\!--');

/** One script of the modules that start at `entry`; files are named relative to the page, not to the module. */
async function inOne(entry) {
  const { outputFiles } = await build({
    entryPoints: [join(dist, entry)],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    minify: true,
    legalComments: 'none',
    define: { 'import.meta.url': 'edgyAssets' },
    banner: { js: "const edgyAssets = new URL('assets/page.js', document.baseURI).href;" },
    logLevel: 'error',
  });
  return embeddable(outputFiles[0].text.trim());
}

/** Fonts that the stylesheet names, as data in it. */
async function styles(name) {
  let text = await read(name);
  for (const [whole, file] of text.matchAll(/url\(["']?(?:\.\/)?([\w.-]+\.woff2)["']?\)/g)) {
    const font = await readFile(join(dist, dirname(name), file));
    text = text.replaceAll(whole, `url(data:font/woff2;base64,${font.toString('base64')})`);
  }
  return text.trim();
}

async function dataOf(name) {
  const [, stem, ending] = kRuntime.exec(name) ?? [];
  const runtime = stem ? ` data-runtime="${stem}${ending}"` : '';
  const content = (await readFile(join(dist, name))).toString('base64');
  return `<script type="text/plain" data-file="${name}" data-type="${kTypes[extname(name)] ?? 'application/octet-stream'}"${runtime}>${content}</script>`;
}

/** What the seal's own frames run: they inherit the policy of the page whose memory they come from. */
async function scriptsOfSeal(files) {
  const seal = files.find((name) => /^assets\/seal-[\w-]{8}\.htm$/.test(name));
  if (!seal) throw new Error('The build has no seal.htm.');
  const [, policy] = /script-src ([^;]*)/.exec(await read(seal)) ?? [];
  return [...policy.matchAll(/'(sha256-[^']+)'/g)].map(([, hash]) => hash);
}

const index = await read('index.html');
const one = (pattern) => {
  const found = pattern.exec(index);
  if (!found) throw new Error(`dist/index.html has nothing like ${pattern}.`);
  return found[1];
};
const files = (await readdir(dist, { recursive: true })).map((name) => name.replaceAll('\\', '/')).sort();
const needed = files.filter((name) => kNeeded.test(name) && !kUnneeded.test(name));

const start = embeddable((await readFile(join(scripts, 'quiet_start.js'), 'utf8')).trim());
const shelf = embeddable((await readFile(join(scripts, 'quiet_shelf.js'), 'utf8')).trim());
const program = await inOne(one(/<script type="module"[^>]* src="\.\/([^"]+)"/));
const style = await styles(one(/<link rel="stylesheet"[^>]* href="\.\/([^"]+)"/));
const data = await Promise.all(needed.map(dataOf));
const hashes = [...[start, shelf, program].map(sha256), ...(await scriptsOfSeal(files))];
const styleHash = sha256(style);

const html = index
  .replace(/<meta\s+http-equiv="Content-Security-Policy"[^>]*>/, '')
  .replace(/\s*<link rel="(modulepreload|manifest|apple-touch-icon)"[^>]*>/g, '')
  .replace(/\s*<script type="module"[^>]*><\/script>/, '')
  .replace(/\s*<link rel="stylesheet"[^>]*>/, '')
  .replace(
    /<meta charset="utf-8" \/>/,
    () =>
      `<meta charset="utf-8" />\n    <script>${start}</script>\n    <meta http-equiv="Content-Security-Policy" content="${documentPolicy(hashes, styleHash)}" />\n    <style>${style}</style>`,
  )
  .replace(
    /<\/body>/,
    () => `${data.join('\n')}\n<script>${shelf}</script>\n<script type="module">${program}</script>\n</body>`,
  );

const headers = { ...kQuietHeaders, 'Content-Security-Policy': responsePolicy(hashes, styleHash) };
const worker = await readFile(join(scripts, 'quiet_worker.js'), 'utf8');
await mkdir(join(dist, 'quiet-host'), { recursive: true });
await Promise.all([
  writeFile(join(dist, 'quiet.html'), html),
  // For servers: scripts/server.mjs sends them.
  writeFile(join(dist, 'quiet.json'), `${JSON.stringify(headers, null, 2)}\n`),
  copyFile(join(scripts, 'quiet_launcher.html'), join(dist, 'quiet-host/index.html')),
  copyFile(join(scripts, 'quiet_launcher.js'), join(dist, 'quiet-host/launcher.js')),
  writeFile(
    join(dist, 'quiet-host/worker.js'),
    worker.replace("'@integrity@'", JSON.stringify(sha256(html))).replace("'@headers@'", JSON.stringify(headers)),
  ),
]);
