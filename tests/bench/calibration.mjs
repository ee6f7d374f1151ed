// Writes inputs of a workload as K.in.NAME.npy, for `edgy convert --calibration`. Usage: node calibration.mjs WORKLOAD FOLDER
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { formatNpy } from '../lib/npy.mjs';
import { fill } from './site/fill.js';
import { inputsFor, readWorkloads } from './workloads.mjs';

const manifest = path.join(path.dirname(fileURLToPath(import.meta.url)), 'workloads.json');
const [name = '', folder = ''] = process.argv.slice(2);
const [workload] = readWorkloads({ manifest, only: [name], extra: [] });
mkdirSync(folder, { recursive: true });
for (const [input, { shape }] of Object.entries(inputsFor(workload, 1))) {
  const size = shape.reduce((product, extent) => product * extent, 1);
  writeFileSync(path.join(folder, `0.in.${input}.npy`), formatNpy(fill('float32', size), shape));
}
