// Where everything is that the browser tests and benchmarks use.
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const at = (...parts) => path.join(root, ...parts);

/** The system's browser: CHROMIUM names another one. */
export const chromium = process.env.CHROMIUM ?? '/usr/bin/chromium';
export const chromiumArguments = [
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];

/** Driven by WebDriver BiDi: FIREFOX names another one. */
export const firefox = process.env.FIREFOX ?? '/usr/bin/firefox-esr';

/** The built npm package. */
export const dist = at('wasm/npm/dist');
/** The native converter and runtime: EDGY names another one, from the repository's root (make coverage). */
export const edgy = path.resolve(root, process.env.EDGY ?? 'build/native/bin/edgy');
/** The bundled encoder. */
export const onnxModel = at('tests/data/models/edgy-256.onnx');
/** Made by the build from it. */
export const models = at('build/models');
export const int8Model = at('build/models/edgy-256-int8.edgy');
export const floatModel = at('build/models/edgy-256-f32.edgy');
/** The table of hostile models, written by build/native/bin/write_hostile_models. */
export const hostileModels = at('build/hostile/models.json');
export const writeHostileModels = at('build/native/bin/write_hostile_models');
/** Log-mels of recordings with what PyTorch computed from them. */
export const reference = at('tests/data/models/edgy-256-reference.npz');
export const speech = at('tests/data/speech');
/** A sentence at several rates, and what SoX makes of it. */
export const rates = at('tests/data/rates');
/** A small encoder of sentences, and texts that judge it. */
export const text = at('tests/data/text');
/** A few seconds of speech; 16 kHz, mono, no part of any training set. */
export const recording = 'librispeech-test-other/3005-163389-0007.flac';
/** What the browser tests leave behind. */
export const e2eOutput = at('build/e2e');
export const benchOutput = at('build');
