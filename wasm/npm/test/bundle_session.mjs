// What a built package makes of a model, as JSON: node bundle_session.mjs PACKAGE MODEL ANOTHER. A process of its own for each package, as
// all packages of a realm share one engine.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const [folder = '', model = '', another = ''] = process.argv.slice(2);
const { AudioEncoder, EdgyError, InferenceSession, Tensor } = await import(
  pathToFileURL(path.resolve(folder, 'index.js')).href
);
const bytes = readFileSync(model);

/** What `work` gives, or how it fails. */
const outcome = (work) =>
  work().then(
    (value) => ({ value }),
    (error) => ({ code: error.code, message: error.message, typed: error instanceof EdgyError }),
  );
const plain = (outputs) =>
  Object.entries(outputs).map(([name, { dims, data }]) => [name, dims, Array.from(data, Number)]);
const melOf = (mels, frames) =>
  new Tensor(
    'float32',
    Float32Array.from({ length: mels * frames }, (_, i) => Math.sin(i * 12.9898) / 2 + 0.5),
    [1, mels, frames],
  );

const session = await InferenceSession.create(bytes);
const runs = [];
for (const frames of [5, 30, 61, 257, 1, 128])
  runs.push(await outcome(async () => plain(await session.run({ mel: melOf(80, frames) }))));
const wrongInput = await outcome(() => session.run({ mel: melOf(79, 30) }));
await session.release();

const encoder = await AudioEncoder.create(bytes);
const recordings = [];
for (const samples of [100, 8_000, 16_000, 50_001]) {
  const tone = Float32Array.from({ length: samples }, (_, i) => Math.sin(i / 7) * Math.sin(i / 900));
  recordings.push(await outcome(async () => Array.from((await encoder.encode(tone)).codes, Number)));
}
await encoder.release();

const wrongFile = await outcome(() => InferenceSession.create(new Uint8Array(100)));
const damaged = await outcome(() => InferenceSession.create(bytes.subarray(0, bytes.length >> 1)));
const other = await outcome(() => InferenceSession.create(readFileSync(another)).then(() => 'runs'));
const otherForm = await outcome(() =>
  InferenceSession.create(bytes, { isa: 'reference' }).then((made) => made.run({ mel: melOf(80, 30) }).then(plain)),
);
const after = await outcome(() => InferenceSession.create(bytes).then(() => 'runs'));
process.stdout.write(JSON.stringify({ runs, recordings, wrongInput, wrongFile, damaged, other, otherForm, after }));
