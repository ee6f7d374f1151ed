// Two builds of the package on one page, taking turns on the same models and inputs: what a change of the runtime
// gains, and whether it gives the same bits.
// Usage: node builds.mjs --before DIST [options] MODEL.edgy ...; prints tables (Markdown), writes build/builds.json.
//   --before DIST    the other build's wasm/npm/dist
//   --rounds 60      counted; a round runs every model in both builds, the second one first every other time
//   --warmup 20      rounds before them
//   --frames 102     what extents without a number count for
//   --profile        also the least time of each kernel in each build
//   --js-flags FLAGS for V8, such as --no-enable-avx-vnni
//   --write          also write the tables between the marks <!-- builds --> of docs/kernels.md
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium } from '@playwright/test';
import { benchOutput, chromiumArguments, chromium as chromiumPath, dist } from '../lib/paths.mjs';
import { serve } from '../lib/server.mjs';
import { summarize } from './report.mjs';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    before: { type: 'string' },
    rounds: { type: 'string', default: '60' },
    warmup: { type: 'string', default: '20' },
    frames: { type: 'string', default: '102' },
    profile: { type: 'boolean', default: false },
    'js-flags': { type: 'string', default: '' },
    write: { type: 'boolean', default: false },
    out: { type: 'string', default: path.join(benchOutput, 'builds.json') },
  },
});
if (!options.before || positionals.length === 0)
  throw new Error('name the other build by --before DIST, and at least one MODEL.edgy');

/** In the page. */
async function measure({ models, rounds, warmup, frames, profile }) {
  // Each build in a frame of its own, as the package shares what it has loaded across a window.
  const load = async (build) => {
    const frame = document.body.appendChild(document.createElement('iframe'));
    const importIn = new frame.contentWindow.Function('url', 'return import(url)');
    const at = (file) => importIn(`${location.origin}/${file}`);
    return { ...(await at(`${build}/index.js`)), ...(await at('site/fill.js')) };
  };
  const builds = { before: await load('before'), after: await load('after') };
  const feedsFor = ({ Tensor, fill }, session) =>
    Object.fromEntries(
      session.inputMetadata.map(({ name, type, shape }) => {
        const dims = shape.map((extent) => (typeof extent === 'number' ? extent : frames));
        const size = dims.reduce((product, extent) => product * extent, 1);
        return [name, new Tensor(type, fill(type, size), dims)];
      }),
    );
  const open = async (name, url, profile) => {
    const session = await builds[name].InferenceSession.create(url, { worker: false, threads: 1, profile });
    return { session, feeds: feedsFor(builds[name], session), times: [] };
  };
  /** How many of the outputs' bytes differ. */
  const differences = (one, other) => {
    let differing = 0;
    for (const [name, { data }] of Object.entries(one)) {
      const bytes = ({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength);
      const [a, b] = [bytes(data), bytes(other[name].data)];
      differing += Math.abs(a.length - b.length) + a.filter((byte, i) => byte !== b[i]).length;
    }
    return differing;
  };
  const results = [];
  for (const url of models) {
    const lanes = { before: await open('before', url, false), after: await open('after', url, false) };
    const [one, other] = [
      await lanes.before.session.run(lanes.before.feeds),
      await lanes.after.session.run(lanes.after.feeds),
    ];
    const differing = differences(one, other);
    for (let round = -warmup; round < rounds; round++) {
      const order = round % 2 === 0 ? ['before', 'after'] : ['after', 'before'];
      for (const name of order) {
        const { session, feeds, times } = lanes[name];
        const start = performance.now();
        await session.run(feeds);
        if (round >= 0) times.push(performance.now() - start);
      }
    }
    const result = { url, differing, isa: {}, times: {}, profile: {} };
    for (const [name, { session, times }] of Object.entries(lanes)) {
      result.isa[name] = session.runtimeInfo().isa;
      result.times[name] = times;
      await session.release();
      if (!profile) continue;
      const { session: profiled, feeds } = await open(name, url, true);
      let least;
      for (let run = 0; run < 30; run++) {
        await profiled.run(feeds);
        const steps = await profiled.profile();
        least ??= steps;
        least = least.map((step, i) => ({ ...step, milliseconds: Math.min(step.milliseconds, steps[i].milliseconds) }));
      }
      result.profile[name] = least;
      await profiled.release();
    }
    results.push(result);
  }
  return { results, userAgent: navigator.userAgent };
}

/** Milliseconds by kernel. */
function byKernel(steps) {
  const sums = new Map();
  for (const { kernel, milliseconds } of steps) sums.set(kernel, (sums.get(kernel) ?? 0) + milliseconds);
  return sums;
}

/** What takes less is left out of the tables of kernels. */
const kLeastMilliseconds = 0.02;

/** Markdown: the first column to the left, the others to the right. @param {string[]} head @param {string[][]} rows */
const table = (head, rows) =>
  [head, head.map((_, column) => (column === 0 ? '---' : '---:')), ...rows]
    .map((row) => `| ${row.join(' | ')} |`)
    .join('\n');

const site = fileURLToPath(new URL('site', import.meta.url));
const models = positionals.map((file) => path.resolve(file));
const folders = Object.fromEntries(models.map((file, i) => [`/model-${i}/`, path.dirname(file)]));
const body = '<!doctype html><link rel="icon" href="data:,"><title>Builds</title>';
const server = await serve(
  { '/before/': path.resolve(options.before), '/after/': dist, '/site/': site, ...folders },
  { '/': { type: 'text/html', body } },
);
const flags = options['js-flags'] ? [`--js-flags=${options['js-flags']}`] : [];
const browser = await chromium.launch({ executablePath: chromiumPath, args: [...chromiumArguments, ...flags] });
try {
  const page = await browser.newPage();
  await page.goto(server.url);
  const { results, userAgent } = await page.evaluate(measure, {
    models: models.map((file, i) => `/model-${i}/${path.basename(file)}`),
    rounds: Number(options.rounds),
    warmup: Number(options.warmup),
    frames: Number(options.frames),
    profile: options.profile,
  });
  const rows = results.map(({ differing, isa, times, profile }, i) => ({
    model: path.basename(models[i]),
    differing,
    isa,
    before: summarize(times.before),
    after: summarize(times.after),
    // Of neighbours, which drift alike.
    ratio: summarize(times.before.map((time, round) => time / times.after[round])).median,
    profile,
  }));
  const milliseconds = (/** @type {number | undefined} */ value, digits = 2) => value?.toFixed(digits) ?? '';
  const tables = [
    table(
      ['model', 'before, ms', 'after, ms', 'times as fast', 'outputs'],
      [
        ...rows.map(({ model, differing, before, after, ratio }) => [
          model,
          milliseconds(before.median),
          milliseconds(after.median),
          ratio.toFixed(2),
          differing === 0 ? 'the same bits' : `${differing} bytes differ`,
        ]),
      ],
    ),
    ...rows
      .filter(({ profile }) => profile.after)
      .map(({ model, profile }) => {
        const [before, after] = [byKernel(profile.before), byKernel(profile.after)];
        const kernels = [...new Set([...before.keys(), ...after.keys()])].filter(
          (kernel) => Math.max(before.get(kernel) ?? 0, after.get(kernel) ?? 0) >= kLeastMilliseconds,
        );
        return table(
          [`${model}, kernels`, 'before, ms', 'after, ms'],
          kernels.map((kernel) => [kernel, milliseconds(before.get(kernel), 3), milliseconds(after.get(kernel), 3)]),
        );
      }),
  ].join('\n\n');
  console.log(tables);
  console.log(`\nForms: ${[...new Set(rows.map(({ isa }) => `before ${isa.before}, after ${isa.after}`))].join('; ')}`);
  if (options.write) {
    const page = fileURLToPath(new URL('../../docs/kernels.md', import.meta.url));
    const text = readFileSync(page, 'utf8');
    const [begin, end] = ['<!-- builds -->\n', '\n<!-- /builds -->'].map((mark) => text.indexOf(mark));
    if (begin < 0 || end < begin) throw new Error(`${page} lacks its marks <!-- builds --> and <!-- /builds -->`);
    writeFileSync(page, `${text.slice(0, text.indexOf('\n', begin) + 1)}${tables}${text.slice(end)}`);
  }
  mkdirSync(path.dirname(options.out), { recursive: true });
  const machine = { cpu: os.cpus()[0]?.model, cores: os.cpus().length };
  writeFileSync(
    options.out,
    `${JSON.stringify({ machine, userAgent, rounds: Number(options.rounds), rows }, null, 2)}\n`,
  );
} finally {
  await browser.close();
  server.close();
}
