// `make results`: writes the tables of results in README.md and the chart from build/demo-report.json, build/bench.json and, where it is
// there, build/bench-without-vnni.json (`make bench BENCH_ARGS='--without-vnni --out build/bench-without-vnni.json'`), and brings
// the page's screenshots into docs/images. No figure in the README is typed by hand.
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../lib/paths.mjs';
import { latencyChart } from './chart.mjs';
import { fastestPeer } from './report.mjs';

const begin = '<!-- results:begin (written by `make results`; do not edit) -->';
const end = '<!-- results:end -->';
/** What the chart shows, and what ratios are taken to. */
const kHeadline = { workload: 'encoder-768', seconds: 1, threads: 1 };

/** @param {string} name @param {string} command */
function read(name, command) {
  const file = path.join(root, 'build', name);
  if (!existsSync(file)) throw new Error(`build/${name} is missing: run ${command} first`);
  return JSON.parse(readFileSync(file, 'utf8'));
}
const demo = read('demo-report.json', 'make demo HEADLESS=1');
const bench = read('bench.json', 'make bench');
/** The same measured as on the other class of processors. */
const other = existsSync(path.join(root, 'build/bench-without-vnni.json'))
  ? read('bench-without-vnni.json', '')
  : undefined;

const whole = (/** @type {number} */ value) => Math.round(value).toLocaleString('en');
const percent = (/** @type {number} */ share, digits = 1) => `${(100 * share).toFixed(digits)} %`;
const table = (/** @type {string[][]} */ [head, ...rows]) =>
  [head, head.map((_, i) => (i === 0 ? '---' : '---:')), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');

function demoTable() {
  const { model, runtime, allClips, oneSecond } = demo;
  return table([
    [
      'The demo: EDGY encoder, 256 channels, real speech in Chromium, one thread',
      `int8, ${percent(model.sparsity, 0)} zeros`,
      'fp32',
    ],
    [
      'Model bytes',
      `${whole(model.int8Bytes)} (${percent(model.int8Bytes / model.onnxBytes, 2)})`,
      `${whole(model.onnxBytes)} (ONNX)`,
    ],
    ['Cosine of z to fp32', allClips.cosine.toFixed(5), ''],
    ['Codes equal to fp32', percent(allClips.agreement), ''],
    ['1 s of speech, sound to codes', `${oneSecond.int8.total.toFixed(2)} ms`, `${oneSecond.f32.total.toFixed(2)} ms`],
    ['Real-time factor', (oneSecond.int8.total / 1000).toFixed(4), (oneSecond.f32.total / 1000).toFixed(4)],
    ['Runtime a browser loads, brotli', `${whole(runtime.transferredBytes)} bytes`, ''],
  ]);
}

/** A table of one workload, a column of milliseconds for each length of audio and number of the peers' threads. */
function benchTable(/** @type {any[]} */ runs) {
  const lengths = runs.map(({ seconds, threads }) => {
    const what = seconds === undefined ? 'ms' : `${seconds} s of audio, ms`;
    return threads === 1 ? what : `${what}, peers with ${threads} threads`;
  });
  const median = (/** @type {any} */ run, /** @type {string} */ name) =>
    run.rows.find((/** @type {any} */ row) => row.name === name)?.median;
  const fastest = fastestPeer(runs[0].rows);
  return table([
    [runs[0].title, 'model kB', ...lengths, `x ${fastest.name}`],
    ...runs[0].rows.map((/** @type {any} */ row) => [
      row.name,
      whole(row.modelBytes / 1000),
      ...runs.map((run) => median(run, row.name)?.toFixed(2) ?? ''),
      (fastest.median / row.median).toFixed(2),
    ]),
  ]);
}

/** Workloads that have every peer: a table of their own. */
const isPeerGraph = (/** @type {any} */ { workload }) => /^m\d$/.test(workload);

function benchTables() {
  const names = new Set(
    bench.tables.filter((/** @type {any} */ t) => !isPeerGraph(t)).map((/** @type {any} */ t) => t.workload),
  );
  return [...names]
    .map((name) => benchTable(bench.tables.filter((/** @type {any} */ t) => t.workload === name)))
    .join('\n\n');
}

/** Whole graphs beside the fastest of all peers, a line for each graph and class of processors. */
function peerTable() {
  const lines = [bench, other].filter(Boolean).flatMap((report) =>
    report.tables.filter(isPeerGraph).map((/** @type {any} */ { title, rows }) => {
      const fastest = fastestPeer(rows);
      const ours = ['edgy fp32', 'edgy int8, dense', 'edgy int8, 20 %'].map((name) => {
        const row = rows.find((/** @type {any} */ each) => each.name === name);
        return row ? `${row.median.toFixed(2)} (${(fastest.median / row.median).toFixed(2)}x)` : '';
      });
      return { title, line: [title, classOf(report), `${fastest.name} ${fastest.median.toFixed(2)}`, ...ours] };
    }),
  );
  if (lines.length === 0) return '';
  lines.sort((a, b) => a.title.localeCompare(b.title));
  const head = ['ms, one thread', 'dot product', 'fastest peer', 'edgy fp32', 'edgy int8', 'edgy int8, 20 %'];
  return `${table([head, ...lines.map(({ line }) => line)])}\n\n`;
}

function classOf(/** @type {any} */ report) {
  return report.machine.processorClass?.startsWith('with ') ? 'VNNI' : 'none';
}

const headline = bench.tables.find((/** @type {any} */ t) =>
  Object.entries(kHeadline).every(([key, value]) => t[key] === value),
);
if (!headline)
  throw new Error(`build/bench.json has no table of ${JSON.stringify(kHeadline)}: run make bench without options`);
mkdirSync(path.join(root, 'docs/images'), { recursive: true });
writeFileSync(
  path.join(root, 'docs/images/latency.svg'),
  latencyChart({ title: `One second of speech, ${headline.title}, one thread`, rows: headline.rows }),
);

const file = path.join(root, 'README.md');
const readme = readFileSync(file, 'utf8');
const [before, rest] = readme.split(begin);
const after = rest?.split(end)[1];
if (after === undefined) throw new Error(`README.md has lost its markers ${begin} and ${end}`);
const agent = /Chrome\/\d+/.exec(bench.userAgent ?? demo.userAgent)?.[0].replace('/', ' ') ?? 'Chromium';
const where = other ? ' and, where the table says "none", with V8 told to do without it' : '';
const note = `Measured by \`make demo HEADLESS=1\` and \`make bench\` in headless ${agent} on ${bench.machine.cpu}, ${bench.machine.processorClass}${where}; medians of interleaved
runs in one page session, one thread where no other number is given. Percentages are the share of weights that are not zero, in blocks of 1x4.`;
const chart = '![Bars: milliseconds for one second of speech in onnxruntime-web and in Edgy](docs/images/latency.svg)';
writeFileSync(
  file,
  `${before}${begin}\n\n${chart}\n\n${demoTable()}\n\n${peerTable()}${benchTables()}\n\n${note}\n\n${end}${after}`,
);

for (const [from, to] of [
  ['desktop-light.png', 'demo-desktop.png'],
  ['phone-dark.png', 'demo-phone.png'],
]) {
  copyFileSync(path.join(root, 'build/screenshots', from), path.join(root, 'docs/images', to));
}
