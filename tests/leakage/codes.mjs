#!/usr/bin/env node
/**
 * `make demo-codes`: what each code of the page's encoder mostly stands for, and where it lies among the others; writes
 * web-demo/models/private-8-codes.json, from which the page draws its map and has phones spoken.
 *
 * Usage: node tests/leakage/codes.mjs DATA/manifest.csv
 *
 * DATA is what recipes/phone-labels wrote: recordings with label tracks of their phones. `phone` is the label that most frames of a code
 * have, `share` how many of them; `place` are the three main axes of the mean z of a code, -1..1; `class` is what the code was merged into.
 * A class of the level high also has `sayable`: its most frequent phone that is no silence.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { readTable, toWav } from '../../recipes/lib/speech.mjs';
import { AudioEncoder } from '../../wasm/npm/dist/index.js';
import { principalAxes } from '../../web-demo/scripts/principal-axes.mjs';
import { edgy, root } from '../lib/paths.mjs';
import { samplesOf } from './sound.mjs';

/** Seconds: code i is of the sound from here on, and of the middle of its stride. */
const STEP = 0.02;
const MIDDLE = 0.015;
const SILENCE = 'SIL';
const target = path.join(root, 'web-demo/models/private-8-codes.json');

function phonesAt(file, frames) {
  const track = readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split('\t'));
  let at = 0;
  return Array.from({ length: frames }, (_, frame) => {
    const time = MIDDLE + frame * STEP;
    while (at < track.length && Number(track[at][1]) <= time) at++;
    return track[at]?.[2];
  });
}

class Tally {
  counts = [];
  sums = [];
  add(code, phone, vector) {
    this.counts[code] ??= new Map();
    if (phone) this.counts[code].set(phone, (this.counts[code].get(phone) ?? 0) + 1);
    this.sums[code] ??= { n: 0, z: new Float64Array(vector.length) };
    this.sums[code].n++;
    for (const [i, x] of vector.entries()) this.sums[code].z[i] += x;
  }
  /** Most frequent label of a code, and its share. */
  top(code, but) {
    const labels = [...(this.counts[code] ?? [])].filter(([label]) => label !== but);
    const all = labels.reduce((sum, [, n]) => sum + n, 0);
    const [label, n] = labels.sort(([, a], [, b]) => b - a)[0] ?? [SILENCE, 0];
    return { phone: label, share: Number((n / Math.max(1, all)).toFixed(3)) };
  }
  places() {
    const rows = Array.from(
      { length: this.sums.length },
      (_, code) => this.sums[code] ?? { n: 1, z: new Float64Array(64) },
    );
    const width = rows[0].z.length;
    const flat = Float64Array.from(rows.flatMap(({ n, z }) => [...z].map((x) => x / n)));
    return principalAxes(flat, rows.length, width, 3).map((place) => place.map((x) => Number(x.toFixed(4))));
  }
}

const [manifest] = process.argv.slice(2);
if (!manifest) {
  console.error('Usage: node tests/leakage/codes.mjs DATA/manifest.csv');
  process.exit(2);
}
const base = path.dirname(manifest);
const work = mkdtempSync(path.join(os.tmpdir(), 'edgy-codes-'));
const model = path.join(work, 'frames.edgy');
execFileSync(edgy, ['policy', path.join(root, 'web-demo/models/private-8-sparse.edgy'), '-o', model], {
  stdio: 'pipe',
});
const encoder = await AudioEncoder.create(new Uint8Array(readFileSync(model)), { threads: 1 });
try {
  const [codes, classes] = [new Tally(), new Tally()];
  const merged = [];
  const rows = readTable(manifest).filter(({ segments }) => segments && existsSync(path.join(base, segments)));
  for (const { file, segments } of rows) {
    const wav = path.join(work, 'sound.wav');
    toWav(path.join(base, file), wav);
    const { outputs } = await encoder.encode(samplesOf(wav));
    const said = phonesAt(path.join(base, segments), outputs.phones.data.length);
    const [, , width] = outputs.z.dims;
    said.forEach((phone, frame) => {
      const vector = outputs.z.data.subarray(frame * width, (frame + 1) * width);
      const [code, group] = [Number(outputs.phones.data[frame]), Number(outputs.indices.data[frame])];
      codes.add(code, phone, vector);
      classes.add(group, phone, vector);
      merged[code] = group;
    });
  }
  const [codePlaces, classPlaces] = [codes.places(), classes.places()];
  const described = {
    phones: codePlaces.map((place, code) => ({ ...codes.top(code), class: merged[code] ?? 0, place })),
    classes: classPlaces.map((place, group) => ({
      ...classes.top(group),
      sayable: classes.top(group, SILENCE).phone,
      place,
    })),
  };
  const line = (entry) => `    ${JSON.stringify(entry)}`;
  const text = Object.entries(described).map(([name, list]) => `  "${name}": [\n${list.map(line).join(',\n')}\n  ]`);
  writeFileSync(target, `{\n${text.join(',\n')}\n}\n`);
  console.log(`${rows.length} recordings: ${codes.counts.map((_, code) => codes.top(code).phone).join(' ')}`);
} finally {
  await encoder.release();
  rmSync(work, { recursive: true });
}
