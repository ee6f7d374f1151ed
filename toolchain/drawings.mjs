// Draws docs/images: the rooms and their includes, from the sources; the order of compression, from docs/drawings; the plan of the demo's model, as
// `edgy inspect --plan` tells it. Usage: node toolchain/drawings.mjs [--check]; with --check nothing is written, and a drawing of the rooms or of
// the order that is out of date is an error.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { instance } from '@viz-js/viz';
import * as echarts from 'echarts';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const at = (...parts) => path.join(root, ...parts);
const style = `
  graph [fontname="sans-serif" bgcolor="transparent" pad=0.2 nodesep=0.25 ranksep=0.4]
  node [shape=box style="rounded,filled" fillcolor="#f4f6f8" color="#5b6770" fontname="sans-serif" fontsize=11 margin="0.14,0.08"]
  edge [color="#5b6770" arrowsize=0.6]
`;

/** "folder -> folders that it includes", of the sources that git knows. */
function includes() {
  const files = execFileSync('git', ['ls-files', '*.h', '*.cpp', '*.inc'], { cwd: root, encoding: 'utf8' })
    .trim()
    .split('\n');
  const rooms = /^(kernels|wasm\/(?:format|runtime|bindings)|converter)(\/|$)/;
  const folder = (file) => (file.startsWith('converter/convert.') ? 'converter/convert' : path.dirname(file));
  /** Rooms of kernels and runtime are one each; those of the converter stand apart. */
  const room = (file) => {
    const name = folder(file);
    if (!rooms.test(name)) return undefined;
    return name.startsWith('converter/') ? name.split('/').slice(0, 2).join('/') : rooms.exec(name)[1];
  };
  const edges = new Map();
  for (const file of files) {
    const from = room(file);
    if (from === undefined || !fs.existsSync(at(file))) continue;
    if (!edges.has(from)) edges.set(from, new Set());
    for (const [, target] of fs.readFileSync(at(file), 'utf8').matchAll(/^\s*#\s*include "([^"]+)"/gm)) {
      const to = room(target);
      if (to !== undefined && to !== from) edges.get(from).add(to);
    }
  }
  return edges;
}

/** Arrows that follow from others are left out, so that what is left can be read. */
function reduced(edges) {
  const reaches = (from, to, seen = new Set()) => {
    for (const next of edges.get(from) ?? []) {
      if (next === to) return true;
      if (!seen.has(next) && seen.add(next) && reaches(next, to, seen)) return true;
    }
    return false;
  };
  return [...edges].flatMap(([from, targets]) =>
    [...targets]
      .filter((to) => ![...targets].some((other) => other !== to && reaches(other, to)))
      .map((to) => [from, to]),
  );
}

function rooms() {
  const edges = includes();
  const nodes = [...edges.keys()].sort().map((name) => `"${name}"`);
  const arrows = reduced(edges)
    .map(([from, to]) => `"${from}" -> "${to}"`)
    .sort();
  return `digraph rooms { ${style} ${[...nodes, ...arrows].join('\n')} }`;
}

function compression() {
  const text = fs.readFileSync(at('docs/drawings/compression.dot'), 'utf8');
  return text.replace('{', `{ ${style}`);
}

/** What `edgy inspect --plan` says of the demo's dense model for one second of sound. */
function planned() {
  const edgy = at('build/native/bin/edgy');
  const model = at('build/models/edgy-256-int8.edgy');
  return JSON.parse(execFileSync(edgy, ['inspect', model, '--plan', '--json'], { encoding: 'utf8' }));
}

/** Its steps, each with its predicted share of the time. */
function plan({ steps }) {
  const all = steps.reduce((sum, { predicted_cost: cost = 0 }) => sum + cost, 0);
  const label = ({ name, kernel, predicted_cost: cost }) =>
    `${name}\\n${kernel}${cost ? `\\n${((100 * cost) / all).toFixed(0)} % of the layers' time` : ''}`;
  const nodes = steps.map((step, i) => `s${i} [label="${label(step)}"]`);
  const ends = ['in [label="mel [1, 80, T]\\nchannels first, float32" shape=note]', 'out [label="codes" shape=note]'];
  const chain = `in -> ${steps.map((_, i) => `s${i}`).join(' -> ')} -> out`;
  const layouts =
    '{ rank=same layout [label="between the layers: blocks of four channels [C/4][T][4],\\nint8, one arena by liveness" shape=plain] }';
  return `digraph plan { ${style} ${[...ends, ...nodes, chain, layouts].join('\n')} }`;
}

/** Its arena: a piece is as wide as the steps for which it holds values, as high as its bytes. */
function arena({ steps, arena: { bytes, pieces } }) {
  const text = '#7d8590'; // readable on white and on dark alike
  const colours = { rows: '#8a8f98', block4: '#c2410c', scratch: '#d9b38c' };
  const kB = (value) => Math.round(value / 1024);
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: 860, height: 360 });
  const axis = { axisLabel: { color: text }, nameTextStyle: { color: text }, splitLine: { show: false } };
  chart.setOption({
    animation: false,
    textStyle: { fontFamily: 'system-ui, sans-serif', color: text },
    legend: { data: Object.keys(colours), textStyle: { color: text }, top: 4 },
    grid: { left: 70, right: 20, top: 40, bottom: 45 },
    xAxis: {
      ...axis,
      type: 'value',
      min: 0,
      max: steps.length,
      interval: 1,
      name: 'step',
      nameLocation: 'middle',
      nameGap: 28,
    },
    yAxis: {
      ...axis,
      type: 'value',
      min: 0,
      max: kB(bytes),
      name: 'kB of the arena',
      nameLocation: 'middle',
      nameGap: 50,
    },
    series: Object.entries(colours).map(([layout, color]) => ({
      name: layout,
      type: 'custom',
      color,
      data: pieces
        .filter((piece) => piece.layout === layout)
        .map((piece) => [
          piece.first_step,
          piece.offset / 1024,
          piece.last_step + 1,
          (piece.offset + piece.bytes) / 1024,
        ]),
      renderItem(_, api) {
        const [left, bottom] = api.coord([api.value(0), api.value(1)]);
        const [right, top] = api.coord([api.value(2), api.value(3)]);
        const shape = { x: left, y: top, width: right - left, height: bottom - top };
        return { type: 'rect', shape, style: { fill: color, stroke: '#ffffff', lineWidth: 1 } };
      },
    })),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return `${svg}\n`;
}

const viz = await instance();
const draw = (dot) => `${viz.renderString(dot, { format: 'svg' }).replace(/<!--[\s\S]*?-->\n?/g, '')}`;
const check = process.argv.includes('--check');
const drawings = { rooms: draw(rooms()), compression: draw(compression()) };
// A plan depends on what predicts its costs: drawn anew when asked for, and not held against the sources.
if (!check) {
  const told = planned();
  Object.assign(drawings, { plan: draw(plan(told)), arena: arena(told) });
}
let stale = 0;
for (const [name, svg] of Object.entries(drawings)) {
  const file = at('docs/images', `${name}.svg`);
  if (!check) fs.writeFileSync(file, svg);
  else if (!fs.existsSync(file) || fs.readFileSync(file, 'utf8') !== svg) {
    console.log(`docs/images/${name}.svg is out of date: make drawings`);
    stale = 1;
  }
}
process.exit(stale);
