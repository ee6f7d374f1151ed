/** What the recipes that make or listen to speech share: Debian's flite and pocketsphinx, manifests, sound files. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export const DIGITS = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];
/** English acoustic and language models, and the pronouncing dictionary, of pocketsphinx-en-us. */
export const MODEL = '/usr/share/pocketsphinx/model/en-us';
const PROGRAMS = ['flite', 'pocketsphinx_batch', 'flac'];
const SETUP = path.join(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), '../../toolchain/setup');

/** Standard output of a program; throws with the last line of its complaints. */
export function run(command, args, options = {}) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 1 << 28, ...options });
  if (error) throw error;
  if (status !== 0) throw new Error(`${command} ended with status ${status}: ${stderr.trim().split('\n').at(-1)}`);
  return stdout;
}

/** The component `speech` of toolchain/setup, where a program of it is missing. */
export function installPrograms() {
  const missing = PROGRAMS.some((program) => spawnSync('which', [program]).status !== 0);
  if (missing || !existsSync(`${MODEL}/en-us`)) run(SETUP, ['speech'], { stdio: ['ignore', 'inherit', 'inherit'] });
}

/** Rows of a table whose fields hold neither commas nor quotes, as the project's manifests are. */
export function readTable(file) {
  const [header, ...lines] = readFileSync(file, 'utf8').trim().split(/\r?\n/);
  if (header.includes('"') || lines.some((line) => line.includes('"')))
    throw new Error(`${file}: has quoted fields, which this recipe does not read`);
  const columns = header.split(',');
  for (const name of ['file', 'speaker', 'split'])
    if (!columns.includes(name)) throw new Error(`${file}: has no column '${name}'`);
  return lines.map((line) => Object.fromEntries(line.split(',').map((value, i) => [columns[i], value])));
}

/** Writes a recording (.flac or .wav) as WAV, what pocketsphinx reads. */
export function toWav(source, target) {
  mkdirSync(path.dirname(target), { recursive: true });
  if (source.endsWith('.flac')) run('flac', ['-d', '-s', '-f', '-o', target, source]);
  else writeFileSync(target, readFileSync(source));
}

/** Seconds of a WAV of 16 kHz, 16 bits, one channel, with the shortest header. */
export function seconds(file) {
  return (readFileSync(file).length - 44) / 32000;
}

/**
 * Runs pocketsphinx_batch over `names` (FOLDER/NAME.wav each) with further options; FOLDER/log holds what it says.
 * A value of null leaves an option out that would be there.
 */
export function pocketsphinx(folder, names, options) {
  writeFileSync(path.join(folder, 'list'), names.map((name) => `${name}\n`).join(''));
  const all = {
    hmm: `${MODEL}/en-us`, ctl: 'list', cepdir: '.', cepext: '.wav', adcin: 'yes', adchdr: '44', logfn: 'log', ...options,
  };
  const words = Object.entries(all).flatMap(([name, value]) => [`-${name}`, String(value)]);
  run('pocketsphinx_batch', words, { cwd: folder });
}

/** What pocketsphinx hears in each recording, by file. */
export function recognize(files, base, folder) {
  files.forEach((file, i) => toWav(path.join(base, file), path.join(folder, `${i}.wav`)));
  pocketsphinx(folder, files.map((_, i) => `${i}`),
    { lm: `${MODEL}/en-us.lm.bin`, dict: `${MODEL}/cmudict-en-us.dict`, hyp: 'heard' });
  // "the words that were heard (NUMBER SCORE)"
  return new Map(
    readFileSync(path.join(folder, 'heard'), 'utf8').trim().split('\n').map((line) => {
      const [, words, number] = /^(.*?) ?\((\d+) [^)]*\)$/.exec(line) ?? [];
      if (number === undefined) throw new Error(`pocketsphinx wrote '${line}'`);
      return [files[Number(number)], words];
    }),
  );
}
