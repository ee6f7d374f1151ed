// Draws docs/images: the rooms and their includes, from the sources; the order of compression, from docs/drawings; the plan of the demo's model, as
// `edgy inspect --plan` tells it. Usage: node toolchain/drawings.mjs [--check]; with --check nothing is written, and a drawing of the rooms or of
// the order that is out of date is an error.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { instance } from '@viz-js/viz';

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

/** Steps of the demo's dense model for one second of sound, each as long as its predicted share. */
function plan() {
  const edgy = at('build/native/bin/edgy');
  const steps = JSON.parse(
    execFileSync(edgy, ['inspect', at('build/models/edgy-256-int8.edgy'), '--plan', '--json'], { encoding: 'utf8' }),
  );
  const all = steps.reduce((sum, { predicted_cost: cost = 0 }) => sum + cost, 0);
  const label = ({ name, kernel, predicted_cost: cost }) =>
    `${name}\\n${kernel}${cost ? `\\n${((100 * cost) / all).toFixed(0)} % of the layers' time` : ''}`;
  const nodes = steps.map((step, i) => `s${i} [label="${label(step)}"]`);
  const ends = ['in [label="mel [1, 80, T]\\nchannels first, float32" shape=note]', 'out [label="codes" shape=note]'];
  const chain = `in -> ${steps.map((_, i) => `s${i}`).join(' -> ')} -> out`;
  const layouts = '{ rank=same layout [label="between the layers: blocks of four channels [C/4][T][4],\\nint8, one arena by liveness" shape=plain] }';
  return `digraph plan { ${style} ${[...ends, ...nodes, chain, layouts].join('\n')} }`;
}

const viz = await instance();
const draw = (dot) => `${viz.renderString(dot, { format: 'svg' }).replace(/<!--[^]*?-->\n?/g, '')}`;
const check = process.argv.includes('--check');
let stale = 0;
for (const [name, dot] of Object.entries({ rooms, compression, ...(check ? {} : { plan }) })) {
  const file = at('docs/images', `${name}.svg`);
  const svg = draw(dot());
  if (!check) fs.writeFileSync(file, svg);
  else if (!fs.existsSync(file) || fs.readFileSync(file, 'utf8') !== svg) {
    console.log(`docs/images/${name}.svg is out of date: make drawings`);
    stale = 1;
  }
}
process.exit(stale);
