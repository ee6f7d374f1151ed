#!/usr/bin/env node
/**
 * `make leakage`: converts the encoders, lets `edgy audit` attack what they hand out, and writes
 * build/leakage/NAME.json and .html and the table of that name in docs/leakage.md.
 *
 * LEAKAGE_SPEECH    manifest.csv of the recordings (default: the bundled ones)
 * LEAKAGE_ENCODERS  ONNX files, separated by spaces (default: the bundled one)
 * LEAKAGE_SPARSE    compression configuration of the sparse int8 model (default: four fifths zeros, sparse_80.json); empty: none
 * LEAKAGE_TEXT      manifest.csv of the same words spoken by one synthetic voice (recipes/text-control); default: none
 * LEAKAGE_TABLE     which table of docs/leakage.md to write: bundled or full
 *
 * What the demo ships of an encoder (web-demo/models/NAME-sparse.edgy, of `make recipe`) is attacked as well.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../lib/paths.mjs';
import { markdown } from './markdown.mjs';
import { run } from './run.mjs';

const setting = (name, fallback) => process.env[name] ?? fallback;
const speech = setting('LEAKAGE_SPEECH', path.join(root, 'tests/data/speech/manifest.csv'));
const encoders = setting('LEAKAGE_ENCODERS', path.join(root, 'tests/data/models/edgy-256.onnx')).split(/\s+/);
const sparse = setting('LEAKAGE_SPARSE', path.join(root, 'tests/leakage/sparse_80.json'));
const text = setting('LEAKAGE_TEXT', '');
const table = setting('LEAKAGE_TABLE', 'bundled');
const folder = path.join(root, 'build/leakage');
const document = path.join(root, 'docs/leakage.md');

/** The encoder as float32, int8 and, when a configuration is given, sparse int8. */
function convert(onnx) {
  const name = path.basename(onnx, '.onnx');
  const variants = {
    fp32: ['--precision', 'f32'],
    int8: ['--calibration', speech],
    ...(sparse ? { 'sparse int8': ['--calibration', speech, '--config', sparse] } : {}),
  };
  const converted = Object.entries(variants).map(([variant, options]) => {
    const file = path.join(folder, `${name}-${variant.replace(' ', '-')}.edgy`);
    console.log(`converting ${name} to ${variant}`);
    run('convert', onnx, '-o', file, '--front-end', 'edgy', ...options);
    return { variant, file };
  });
  const shipped = path.join(root, 'web-demo/models', `${name}-sparse.edgy`);
  return existsSync(shipped) ? [...converted, { variant: 'as shipped', file: shipped }] : converted;
}

function audit(onnx) {
  const name = path.basename(onnx, '.onnx');
  const models = convert(onnx);
  const html = path.join(folder, `${name}-${table}.html`);
  const started = performance.now();
  console.log(`attacking ${name}`);
  const files = models.map(({ file }) => file);
  const control = text ? ['--text-control', text] : [];
  const report = JSON.parse(run('audit', ...files, '--manifest', speech, ...control, '--json', '--html', html));
  const seconds = (performance.now() - started) / 1000;
  console.log(`${name}: ${seconds.toFixed(0)} s, ${path.relative(process.cwd(), html)}`);
  const variants = Object.fromEntries(models.map(({ variant, file }) => [path.basename(file), variant]));
  return { encoder: name, variants, seconds, ...report };
}

/** Puts `text` between the two comments that name the table. */
function insert(text) {
  const [begin, end] = [`<!-- leakage:${table} -->`, `<!-- /leakage:${table} -->`];
  const page = readFileSync(document, 'utf8');
  const [before, after] = [page.indexOf(begin), page.indexOf(end)];
  if (before < 0 || after < before) throw new Error(`docs/leakage.md has no table '${table}'`);
  writeFileSync(document, `${page.slice(0, before + begin.length)}\n\n${text}\n${page.slice(after)}`);
}

try {
  mkdirSync(folder, { recursive: true });
  const audits = encoders.map(audit);
  writeFileSync(path.join(folder, `${table}.json`), `${JSON.stringify(audits, null, 1)}\n`);
  insert(markdown(audits));
  console.log(`Written: build/leakage/${table}.json and the table '${table}' of docs/leakage.md`);
} catch (error) {
  console.error(`leakage: ${error.message}`);
  process.exit(1);
}
