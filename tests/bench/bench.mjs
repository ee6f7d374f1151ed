// Edgy beside its peers in one page session of headless Chromium, taking turns. Prints a table, writes build/bench.json.
import { execFileSync } from 'node:child_process';
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium } from '@playwright/test';
import { benchOutput, chromiumArguments, chromium as chromiumPath, dist, root } from '../lib/paths.mjs';
import { serve } from '../lib/server.mjs';
import { alignColumns, fastestPeer, formatTable, processorClass, summarize } from './report.mjs';
import { addShares, formatShares, formatSteps } from './shares.mjs';
import { measureFiles } from './size.mjs';
import { addressOf, fileOf, hasLength, inputsFor, peerModels, readWorkloads } from './workloads.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));

const usage = `Usage: node bench.mjs [options] [MODEL.edgy ...]
EDGY_PEER_MODELS names the folder of graphs that LiteRT.js has as .tflite too (their workloads and lines are left out, by name, without it).
  --workload NAME    only this one; may be repeated (default: all of the manifest)
  --manifest FILE    what to measure (default: workloads.json)
  --seconds 1,10     lengths of audio
  --runs 30          warm rounds; a round runs every entry once
  --warmup 10        rounds before them, not counted
  --threads 1,2      threads of the peers (an entry of Edgy has as many as its options say); several only for workloads marked so, at the first length
  --pin CPUS         keep the browser on these cores (taskset), e.g. 1
  --without-vnni     let V8 do without the processor's 8-bit dot product: the other class of x86, on a machine that has it
  --steps            print what every step of Edgy's entries takes
  --out FILE         default: build/bench.json`;

const { values: options, positionals: extra } = parseArgs({
  allowPositionals: true,
  options: {
    workload: { type: 'string', multiple: true, default: [] },
    manifest: { type: 'string', default: path.join(here, 'workloads.json') },
    seconds: { type: 'string', default: '1,10' },
    runs: { type: 'string', default: '30' },
    warmup: { type: 'string', default: '10' },
    threads: { type: 'string', default: '1,2' },
    pin: { type: 'string' },
    'without-vnni': { type: 'boolean', default: false },
    steps: { type: 'boolean', default: false },
    out: { type: 'string', default: path.join(benchOutput, 'bench.json') },
    help: { type: 'boolean', default: false },
  },
});
if (options.help) {
  console.log(usage);
  process.exit();
}
const numbers = (/** @type {string} */ list) => list.split(',').map(Number);

// The browser is a child of this process and inherits where it may run.
if (options.pin) execFileSync('taskset', ['-a', '-cp', options.pin, String(process.pid)], { stdio: 'ignore' });

const require = createRequire(import.meta.url);
const ort = path.dirname(require.resolve('onnxruntime-web'));
const packageOf = (/** @type {string} */ name) => path.dirname(path.dirname(fileURLToPath(import.meta.resolve(name))));
/** Folders of the runtimes' own files, by the first part of their addresses. */
const mounts = {
  '/edgy/': { runtime: 'edgy', folder: dist },
  '/ort/': { runtime: 'onnxruntime-web', folder: ort },
  '/litert/': { runtime: 'litert', folder: packageOf('@litertjs/core') },
  '/litert-utils/': { runtime: 'litert', folder: packageOf('@litertjs/wasm-utils') },
};
const server = await serve({
  '/site/': path.join(here, 'site'),
  '/file/': root,
  '/peers/': peerModels ?? path.join(benchOutput, 'no-peers'),
  ...Object.fromEntries(Object.entries(mounts).map(([prefix, { folder }]) => [prefix, folder])),
});
const browser = await chromium.launch({
  executablePath: chromiumPath,
  args: [...chromiumArguments, ...(options['without-vnni'] ? ['--js-flags=--no-enable-avx-vnni'] : [])],
});

/** The runtimes' own files that pages asked for. @type {Record<string, Set<string>>} */
const loaded = { edgy: new Set(), 'onnxruntime-web': new Set(), litert: new Set() };
function noteRequest(/** @type {string} */ url) {
  const { pathname } = new URL(url);
  for (const [prefix, { runtime, folder }] of Object.entries(mounts))
    if (pathname.startsWith(prefix)) loaded[runtime].add(path.join(folder, pathname.slice(prefix.length)));
}

/** The loops of tests/bench/kernels, as bench pages fetch them. */
const loops = Object.fromEntries(
  ['simd', 'relaxed'].map((variant) => [variant, `/file/build/wasm-${variant}/bin/bench_kernels.wasm`]),
);

/** Raw and brotli -q 11 bytes by runtime. */
function runtimeSizes() {
  const cache = path.join(benchOutput, 'bench-sizes.json');
  return Object.fromEntries(
    Object.entries(loaded)
      .filter(([, files]) => files.size > 0)
      .map(([runtime, files]) => [runtime, measureFiles([...files].sort(), cache)]),
  );
}

/** Both lengths of a round meet the same moods of the machine, so their ratio is taken round by round. */
function growthOf(/** @type {{ long: number[], short: number[] }} */ { long, short }) {
  return summarize(long.map((time, round) => time / short[round])).median;
}

/** One fresh page per table, in which all of its entries live together. */
async function measure(workload, seconds, threads, shortest) {
  const page = await browser.newPage();
  page.on('request', (request) => noteRequest(request.url()));
  page.on('pageerror', (error) => console.error(String(error)));
  await page.goto(`${server.url}/site/`);
  await page.waitForFunction(() => 'measure' in globalThis);
  const ofThisTable = workload.entries.filter(({ table = threads }) => table === threads);
  const entries = ofThisTable.map((entry) => ({
    ...entry,
    url: addressOf(entry.file),
  }));
  const measured = await page.evaluate((/** @type {any} */ task) => globalThis.measure(task), {
    entries,
    inputs: inputsFor(workload, seconds ?? 1),
    shorter: seconds > shortest ? inputsFor(workload, shortest) : undefined,
    threads,
    rounds: Number(options.runs),
    warmup: Number(options.warmup),
  });
  const peaks = await page.evaluate((/** @type {any} */ urls) => globalThis.roofline(urls), loops);
  await page.close();
  const rows = measured.results.map(({ times, lengths, ...result }, i) => ({
    ...result,
    ...summarize(times),
    ...(lengths && { growth: growthOf(lengths) }),
    modelBytes: statSync(fileOf(entries[i].file)).size,
    file: entries[i].file,
  }));
  addShares(rows, peaks);
  if (options.steps)
    for (const row of rows.filter(({ profile }) => profile)) console.log(`\n${alignColumns(formatSteps(row))}`);
  const fastest = fastestPeer(rows);
  for (const row of rows) row.speedup = fastest && fastest.median / row.median;
  return {
    workload: workload.name,
    title: workload.title,
    ...(seconds === undefined ? {} : { seconds, shortest }),
    threads,
    fastestPeer: fastest?.name,
    userAgent: measured.userAgent,
    crossOriginIsolated: measured.isolated,
    peaks,
    rows: rows.map(({ profile, ...row }) => row),
  };
}

const tables = [];
try {
  for (const workload of readWorkloads({ manifest: options.manifest, only: options.workload, extra })) {
    if (workload.missing.length > 0) console.log(`${workload.name}: not there: ${workload.missing.join(', ')}`);
    if (workload.entries.length === 0) continue;
    for (const threads of numbers(options.threads)) {
      if (threads > 1 && !workload.threads) continue;
      const lengths = hasLength(workload) ? numbers(options.seconds) : [undefined];
      for (const seconds of threads > 1 ? lengths.slice(0, 1) : lengths) {
        const table = await measure(workload, seconds, threads, lengths[0]);
        tables.push(table);
        console.log(`\n${formatTable(table)}`);
        console.log(`\n${alignColumns(formatShares(table.rows))}`);
        const loopRates = table.peaks.map(({ name, rate, unit }) => `${name} ${rate.toFixed(1)} ${unit}`);
        console.log(`Limits in this page: ${loopRates.join('; ')}`);
      }
    }
  }
} finally {
  await browser.close();
  server.close();
}

const report = {
  machine: {
    cpu: os.cpus()[0]?.model,
    cores: os.cpus().length,
    pinned: options.pin ?? null,
    processorClass: processorClass(tables.flatMap(({ rows }) => rows)),
  },
  userAgent: tables[0]?.userAgent,
  runs: Number(options.runs),
  runtimeSizes: runtimeSizes(),
  tables,
};
for (const [runtime, files] of Object.entries(report.runtimeSizes)) {
  console.log(`\n${runtime}, files loaded (raw, brotli -q 11)`);
  for (const { file, raw, brotli } of files)
    console.log(`  ${file.padEnd(36)}${String(raw).padStart(10)}${String(brotli).padStart(10)}`);
}
mkdirSync(path.dirname(options.out), { recursive: true });
writeFileSync(options.out, `${JSON.stringify(report, null, 2)}\n`);
console.log(`\nWritten: ${path.relative(process.cwd(), options.out)}`);
