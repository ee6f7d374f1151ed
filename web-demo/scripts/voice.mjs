/**
 * What English needs of eSpeak NG's package of all languages: 0.8 of 24 MB. Where the files lie in it stands in the package's own program.
 */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const kEnglish = /\/(phontab|phonindex|phondata|intonations|en_dict|lang\/gmw\/en-US)$/;
export const voiceFolder = dirname(createRequire(import.meta.url).resolve('@echogarden/espeak-ng-emscripten'));

/** `layout`: { size, files: [{ start, bytes }] } of the whole package; `data`: those files, one after another. */
export function englishVoice() {
  const program = readFileSync(join(voiceFolder, 'espeak-ng.js'), 'utf8');
  const list = /files:(\[\{filename:.*?\}\]),remote_package_size:(\d+)/.exec(program);
  if (!list) throw new Error('espeak-ng.js does not say where its files are: another version of it?');
  const [, entries, size] = list;
  const all = [...entries.matchAll(/filename:"([^"]+)",start:(\d+),end:(\d+)/g)];
  const files = all
    .filter(([, name]) => kEnglish.test(name))
    .map(([, , start, end]) => ({ start: Number(start), bytes: Number(end) - Number(start) }));
  if (files.length !== 6)
    throw new Error(`espeak-ng.data has ${files.length} of 6 files that English needs: another version of it?`);
  const whole = readFileSync(join(voiceFolder, 'espeak-ng.data'));
  const data = Buffer.concat(files.map(({ start, bytes }) => whole.subarray(start, start + bytes)));
  return { layout: { size: Number(size), files }, data };
}
