#!/usr/bin/env node
/**
 * `make private-tables`: what private encoders give away beside others, each level, all controls; writes
 * build/leakage/private/*.json and the tables of docs/private-encoder.md.
 *
 * Usage: node tests/leakage/private.mjs FOLDER SPEECH.csv TEXT.csv [ENCODER.onnx ...]
 *
 * FOLDER    what recipes/private-encoder wrote: seed-N/ with private.edgy, private-f32.edgy and private-sparse.edgy; chosen.json
 * SPEECH    recordings; those of splits test and attack-* judge
 * TEXT      the same words by one synthetic voice (recipes/text-control)
 * ENCODER   others to set beside them, int8
 *
 * FORMS=0 leaves the table of precisions as it is. An audit whose models are no newer than its JSON is not done again. AUDIT has further options of `edgy audit`.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../lib/paths.mjs';
import { differences, levels } from './private_tables.mjs';
import { run } from './run.mjs';

const folder = path.join(root, 'build/leakage/private');
const page = path.join(root, 'docs/private-encoder.md');

/** The audit of these models, from its file where that is up to date. */
function audit(name, files, manifest) {
  const file = path.join(folder, `${name}.json`);
  const changed = Math.max(...files.map((model) => statSync(model).mtimeMs));
  if (!existsSync(file) || statSync(file).size === 0 || statSync(file).mtimeMs < changed) {
    console.log(`attacking ${name}`);
    const more = (process.env.AUDIT ?? '').split(' ').filter(Boolean);
    writeFileSync(file, run('audit', ...files, '--manifest', manifest, ...more, '--json'));
  }
  return JSON.parse(readFileSync(file, 'utf8'));
}

/** What is known of the words alone: the same audit of one synthetic voice that says them. */
function withText(name, model, file, text) {
  const spoken = audit(`${name}-text`, [file], text).models[0].representations;
  const controls = spoken.filter((r) => r.codes_per_second !== undefined);
  const named = controls.map((r) => ({ ...r, name: `${r.name}, text alone`, content: [], sex: [] }));
  return { ...model, representations: [...model.representations, ...named] };
}

function convert(onnx, speech) {
  const file = path.join(folder, `${path.basename(onnx, '.onnx')}.edgy`);
  if (!existsSync(file)) run('convert', onnx, '-o', file, '--front-end', 'edgy', '--calibration', speech);
  return file;
}

/** Puts `text` between the two comments that name the table. */
function insert(table, text) {
  const [begin, end] = [`<!-- private:${table} -->`, `<!-- /private:${table} -->`];
  const before = readFileSync(page, 'utf8');
  const [first, last] = [before.indexOf(begin), before.indexOf(end)];
  if (first < 0 || last < first) throw new Error(`docs/private-encoder.md has no table '${table}'`);
  writeFileSync(page, `${before.slice(0, first + begin.length)}\n\n${text}\n\n${before.slice(last)}`);
}

try {
  const [trained, speech, text, ...onnx] = process.argv.slice(2);
  if (!text) {
    console.error('Usage: node tests/leakage/private.mjs FOLDER SPEECH.csv TEXT.csv [ENCODER.onnx ...]');
    process.exit(2);
  }
  mkdirSync(folder, { recursive: true });
  const { chosen, ships } = JSON.parse(readFileSync(path.join(trained, 'chosen.json'), 'utf8'));
  const seeds = readdirSync(trained).filter((name) => /^seed-\d+$/.test(name));
  const at = (seed, name) => path.join(trained, seed, `${name}.edgy`);
  const shipped = withText(chosen, audit(chosen, [at(chosen, ships)], speech).models[0], at(chosen, ships), text);
  const others = seeds
    .filter((seed) => seed !== chosen)
    .map((seed) => withText(seed, audit(seed, [at(seed, ships)], speech).models[0], at(seed, ships), text));
  const beside = onnx.map((file) => ({
    name: path.basename(file, '.onnx'),
    model: audit(path.basename(file, '.onnx'), [convert(file, speech)], speech).models[0],
  }));
  insert('levels', levels(beside, [shipped, ...others]));
  if (process.env.FORMS !== '0') {
    // As float32 first, so that the others are compared with it recording by recording.
    const forms = ['private-f32', 'private', 'private-sparse'].map((form) => at(chosen, form));
    insert('precision', differences(audit(`${chosen}-forms`, forms, speech)));
  }
  console.log('Written: the tables of docs/private-encoder.md');
} catch (error) {
  console.error(`private-tables: ${error.message}`);
  process.exit(1);
}
