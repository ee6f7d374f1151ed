#!/usr/bin/env node
/**
 * `make readers`: what the page's encoder hands out of the readers that "Teach the attacker my voice" compares a visitor with; writes
 * web-demo/public/attackers/private-8-readers.json.
 *
 * Usage: node tests/leakage/readers.mjs SPEECH.csv
 *
 * The readers are those of splits attack-*, which trained no encoder. Each recording is cut into pieces of SECONDS.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { readTable, toWav } from '../../recipes/lib/speech.mjs';
import { AudioEncoder } from '../../wasm/npm/dist/index.js';
import { root } from '../lib/paths.mjs';
import { samplesOf } from './sound.mjs';

const SECONDS = 3;
const RATE = 16000;
/** Of a recording; then no reader weighs more than others, and the file is small. */
const MOST_PIECES = 3;
const model = path.join(root, 'web-demo/models/private-8-sparse.edgy');
const target = path.join(root, 'web-demo/public/attackers/private-8-readers.json');

/** Mean, then deviation, of each band over time, four figures each. */
function moments({ dims: [, bands, frames], data }) {
  const rows = Array.from({ length: bands }, (_, band) => data.subarray(band * frames, (band + 1) * frames));
  const means = rows.map((row) => row.reduce((sum, x) => sum + x, 0) / frames);
  const spreads = rows.map((row, band) => Math.sqrt(row.reduce((sum, x) => sum + (x - means[band]) ** 2, 0) / frames));
  return [...means, ...spreads].map((x) => Number(x.toPrecision(4)));
}

const [manifest] = process.argv.slice(2);
if (!manifest) {
  console.error('Usage: node tests/leakage/readers.mjs SPEECH.csv');
  process.exit(2);
}
const work = mkdtempSync(path.join(os.tmpdir(), 'edgy-readers-'));
const encoder = await AudioEncoder.create(new Uint8Array(readFileSync(model)), { threads: 1 });
try {
  const readers = new Map();
  const rows = readTable(manifest).filter(({ split }) => split.startsWith('attack-'));
  for (const { file, speaker } of rows) {
    const wav = path.join(work, 'sound.wav');
    toWav(path.join(path.dirname(manifest), file), wav);
    const pcm = samplesOf(wav);
    const pieces = readers.get(speaker) ?? [];
    readers.set(speaker, pieces);
    const recording = new Set(pieces.map((piece) => piece.recording)).size;
    for (let i = 0; i < MOST_PIECES && (i + 1) * SECONDS * RATE <= pcm.length; ++i) {
      const { mel, outputs } = await encoder.encode(pcm.slice(i * SECONDS * RATE, (i + 1) * SECONDS * RATE), {
        mel: true,
      });
      const [phones, classes] = ['phones', 'indices'].map((name) => Array.from(outputs[name].data, Number));
      pieces.push({ recording, mel: moments(mel), phones, classes });
    }
  }
  const list = [...readers].map(([name, pieces]) => ({ name, pieces })).sort((a, b) => a.name.localeCompare(b.name));
  writeFileSync(target, `${JSON.stringify({ seconds: SECONDS, readers: list })}\n`);
  for (const { name, pieces } of list) console.log(`${name}: ${pieces.length} pieces`);
} finally {
  await encoder.release();
  rmSync(work, { recursive: true });
}
