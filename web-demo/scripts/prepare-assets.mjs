#!/usr/bin/env node
/**
 * Before a build: copies the models into public/models and draws the map of the codebook.
 *
 * The private encoder is there twice: as it ships, and under a policy that gives codes in place of events, for the page's own pictures.
 * The map places the 512 codes by the three principal axes of their 64-dimensional embeddings, so that codes that lie
 * close together in the model get places and colours that are close together on the page. With --map-only, the models (and
 * so a build of the converter) are not needed: types can be checked.
 */
import { execFileSync } from 'node:child_process';
import { copyFile, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readInitializer } from './onnx-initializer.mjs';
import { principalAxes } from './principal-axes.mjs';
import { englishVoice, voiceFolder } from './voice.mjs';

const demo = join(dirname(fileURLToPath(import.meta.url)), '..');
const root = join(demo, '..');
const onnx = join(root, 'tests/data/models/edgy-256.onnx');
const edgy = join(root, 'build/native/bin/edgy');
const hiding = join(demo, 'models/private-8-sparse.edgy');
const models = ['edgy-256-sparse.edgy', 'edgy-256-f32.edgy'];
const kCodes = 512;
const kEmbedding = 64;

async function copyModels() {
  const target = join(demo, 'public/models');
  await mkdir(target, { recursive: true });
  for (const name of models) {
    const source = join(root, 'build/models', name);
    await stat(source).catch(() => {
      throw new Error(`build/models/${name} is missing: run "make models" first.`);
    });
    await copyFile(source, join(target, name));
  }
  await copyFile(hiding, join(target, 'private-8-sparse.edgy'));
  execFileSync(edgy, ['policy', hiding, '-o', join(target, 'private-8-frames.edgy')], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

async function mapCodebook() {
  const rows = readInitializer(await readFile(onnx), [kCodes, kEmbedding]);
  if (!rows) throw new Error(`${onnx} holds no float tensor of shape [${kCodes}, ${kEmbedding}].`);
  const places = principalAxes(rows, kCodes, kEmbedding, 3);
  const target = join(demo, 'src/generated');
  await mkdir(target, { recursive: true });
  const rounded = places.map((place) => place.map((x) => Number(x.toFixed(4))));
  await writeFile(join(target, 'codebook.json'), `${JSON.stringify(rounded)}\n`);
}

/** The synthesizer's files for English, its licence beside them; the page fetches them when it is asked to speak. */
async function voice() {
  const { layout, data } = englishVoice();
  await writeFile(join(demo, 'src/generated/voice.json'), `${JSON.stringify(layout)}\n`);
  const target = join(demo, 'public/voice');
  await mkdir(target, { recursive: true });
  await writeFile(join(target, 'english.bin'), data);
  await copyFile(join(voiceFolder, 'COPYING'), join(target, 'COPYING.txt'));
}

try {
  await mapCodebook();
  await voice();
  if (!process.argv.includes('--map-only')) await copyModels();
} catch (error) {
  console.error(`prepare-assets: ${error.message}`);
  process.exit(1);
}
