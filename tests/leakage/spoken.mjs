#!/usr/bin/env node
/**
 * `make demo-spoken`: how well spoken events are understood; writes web-demo/models/private-8-spoken.json, which the page shows.
 *
 * Usage: node tests/leakage/spoken.mjs SPEECH.csv
 *
 * Digits of split test become events; the page's synthesizer speaks these; Debian's pocketsphinx, which knows the ten digits and nothing
 * of this project, listens. `said`: the digits themselves by the same synthesizer, what could be reached at most; `recording`: the recordings
 * as they are.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { DIGITS, installPrograms, MODEL, pocketsphinx, readTable, toWav } from '../../recipes/lib/speech.mjs';
import { AudioEncoder, Resampler } from '../../wasm/npm/dist/index.js';
import { englishVoice, voiceFolder } from '../../web-demo/scripts/voice.mjs';
import { phonemes } from '../../web-demo/src/voice/phonemes.mjs';
import { root } from '../lib/paths.mjs';
import { samplesOf } from './sound.mjs';

const RATE = 16000;
const file = (name) => path.join(root, 'web-demo/models', name);
const target = file('private-8-spoken.json');
const codes = JSON.parse(readFileSync(file('private-8-codes.json'), 'utf8'));
const recognizer = JSON.parse(readFileSync(file('private-8-digits.json'), 'utf8'));

async function openVoice() {
  const { layout, data } = englishVoice();
  const whole = new Uint8Array(layout.size);
  let at = 0;
  for (const { start, bytes } of layout.files) {
    whole.set(data.subarray(at, at + bytes), start);
    at += bytes;
  }
  const { default: create } = await import(path.join(voiceFolder, 'espeak-ng.js'));
  const module = await create({ getPreloadedPackage: () => whole.buffer });
  const voice = new module.eSpeakNGWorker();
  voice.set_voice('en-us');
  const rate = voice.get_samplerate();
  return async (text) => {
    const parts = [];
    voice.synthesize(text, (audio) => {
      if (audio?.length) parts.push(...audio);
    });
    const resampler = await Resampler.create(rate, RATE);
    const sound = Float32Array.from(parts, (x) => x / 32768);
    return [...resampler.push(sound), ...resampler.end()];
  };
}

function writeWav(name, samples) {
  const quiet = RATE / 5;
  const all = [...new Array(quiet).fill(0), ...samples, ...new Array(quiet).fill(0)];
  const wav = Buffer.alloc(44 + 2 * all.length);
  wav.write('RIFF', 0);
  wav.writeUInt32LE(36 + 2 * all.length, 4);
  wav.write('WAVEfmt ', 8);
  for (const [at, value] of [
    [16, 16],
    [24, RATE],
    [28, 2 * RATE],
  ])
    wav.writeUInt32LE(value, at);
  for (const [at, value] of [
    [20, 1],
    [22, 1],
    [32, 2],
    [34, 16],
  ])
    wav.writeUInt16LE(value, at);
  wav.write('data', 36);
  wav.writeUInt32LE(2 * all.length, 40);
  for (const [i, x] of all.entries()) wav.writeInt16LE(Math.round(Math.max(-1, Math.min(1, x)) * 32767), 44 + 2 * i);
  writeFileSync(name, wav);
}

/** As docs/private-encoder.md says. */
function understood(events) {
  const { codes: edge, grams, classes, mean, scale, step, weights, bias } = recognizer;
  const sequence = [edge, ...events, edge];
  const counts = grams.map(
    (gram) => sequence.filter((_, at) => gram.every((code, i) => sequence[at + i] === code)).length,
  );
  const scores = classes.map(
    (_, c) =>
      bias[c] + step[c] * weights[c].reduce((sum, w, f) => sum + w * (Math.log1p(counts[f]) - mean[f]) * scale[f], 0),
  );
  return classes[scores.indexOf(Math.max(...scores))];
}

const [manifest] = process.argv.slice(2);
if (!manifest) {
  console.error('Usage: node tests/leakage/spoken.mjs SPEECH.csv');
  process.exit(2);
}
installPrograms();
const work = mkdtempSync(path.join(os.tmpdir(), 'edgy-spoken-'));
const encoder = await AudioEncoder.create(new Uint8Array(readFileSync(file('private-8-sparse.edgy'))), { threads: 1 });
try {
  const say = await openVoice();
  const rows = readTable(manifest).filter(({ split, label }) => split === 'test' && DIGITS[label]);
  const names = [];
  const put = (kind, i, samples) => {
    names.push(`${kind}-${i}`);
    writeWav(path.join(work, `${kind}-${i}.wav`), samples);
  };
  const digits = [];
  for (const digit of DIGITS) digits.push(await say(digit));
  for (const [i, { file: name, label }] of rows.entries()) {
    const wav = path.join(work, 'sound.wav');
    toWav(path.join(path.dirname(manifest), name), wav);
    const pcm = samplesOf(wav);
    const { outputs } = await encoder.encode(pcm);
    const [phones, classes] = ['phones', 'indices'].map((output) => Array.from(outputs[output].data, Number));
    put('recording', i, pcm);
    put('said', i, digits[Number(label)]);
    put('moderate', i, await say(phonemes(phones.map((code) => codes.phones[code].phone))));
    put('high', i, await say(phonemes(classes.map((code) => codes.classes[code].sayable))));
    put('understood', i, digits[Number(understood(classes))]);
  }
  const grammar = `#JSGF V1.0;\ngrammar digits;\npublic <digit> = ${DIGITS.join(' | ')};\n`;
  writeFileSync(path.join(work, 'digits.gram'), grammar);
  pocketsphinx(work, names, { dict: `${MODEL}/cmudict-en-us.dict`, jsgf: 'digits.gram', hyp: 'heard' });
  const heard = readFileSync(path.join(work, 'heard'), 'utf8').trim().split('\n');
  const right = {};
  heard.forEach((line, at) => {
    const [kind, i] = names[at].split('-');
    const [, words = ''] = /^(.*?) ?\(\S+ -?\d+\)$/.exec(line) ?? [];
    right[kind] = (right[kind] ?? 0) + (words.trim() === DIGITS[rows[i].label] ? 1 : 0);
  });
  const shares = Object.fromEntries(
    Object.entries(right).map(([kind, n]) => [kind, Number((n / rows.length).toFixed(4))]),
  );
  writeFileSync(target, `${JSON.stringify({ count: rows.length, ...shares }, null, 2)}\n`);
  console.log(JSON.stringify(shares));
} finally {
  await encoder.release();
  rmSync(work, { recursive: true });
}
