// `make results`: writes the table of results in README.md from build/demo-report.json and build/bench.json, and brings the page's
// screenshots into docs/images. No figure in the README is typed by hand.
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../lib/paths.mjs';

const begin = '<!-- results:begin (written by `make results`; do not edit) -->';
const end = '<!-- results:end -->';

/** @param {string} name */
function read(name) {
  const file = path.join(root, 'build', name);
  if (!existsSync(file)) throw new Error(`build/${name} is missing: run make demo HEADLESS=1 and make bench first`);
  return JSON.parse(readFileSync(file, 'utf8'));
}

const whole = (/** @type {number} */ value) => Math.round(value).toLocaleString('en');
const percent = (/** @type {number} */ share, digits = 1) => `${(100 * share).toFixed(digits)} %`;
const table = (/** @type {string[][]} */ [head, ...rows]) =>
  [head, head.map((_, i) => (i === 0 ? '---' : '---:')), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');

function demoTable() {
  const { model, runtime, allClips, oneSecond } = read('demo-report.json');
  return table([
    ['The demo: EDGY encoder, 256 channels, real speech in Chromium, one thread', 'int8', 'fp32'],
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

function benchTable() {
  const { tables } = read('bench.json');
  return tables
    .map((/** @type {any} */ { title, seconds, entries }) => {
      const reference = rows.find((/** @type {any} */ e) => e.name === 'onnxruntime-web fp32')?.median;
      return table([
        [`${title}, ${seconds} s of audio`, 'median ms', 'times onnxruntime-web fp32'],
        ...rows.map((/** @type {any} */ e) => [
          e.name,
          e.median.toFixed(2),
          reference ? (reference / e.median).toFixed(2) : '',
        ]),
      ]);
    })
    .join('\n\n');
}

const file = path.join(root, 'README.md');
const readme = readFileSync(file, 'utf8');
const [before, rest] = readme.split(begin);
const after = rest?.split(end)[1];
if (after === undefined) throw new Error(`README.md has lost its markers ${begin} and ${end}`);
const agent = read('bench.json').userAgent ?? read('demo-report.json').userAgent;
const note = `Measured by \`make demo HEADLESS=1\` and \`make bench\` in ${/Chrome\/\d+/.exec(agent)?.[0] ?? 'Chromium'}; medians, interleaved in one page session, one thread.`;
writeFileSync(file, `${before}${begin}\n\n${demoTable()}\n\n${benchTable()}\n\n${note}\n\n${end}${after}`);

mkdirSync(path.join(root, 'docs/images'), { recursive: true });
for (const [from, to] of [
  ['desktop-light.png', 'demo-desktop.png'],
  ['phone-dark.png', 'demo-phone.png'],
]) {
  copyFileSync(path.join(root, 'build/screenshots', from), path.join(root, 'docs/images', to));
}
