/** Whether files are of one build. A cache or a CDN may hand out an old one, and letters stand for other functions in it. */
import { EdgyError } from '../errors/errors.js';

/** Replaced by the build script: the build's name (scripts/build_id.mjs); '' in loaders of cut runtimes, whose folder is made as one. */
declare const EDGY_BUILD: string;

/** '' where the source runs unbuilt. */
export const buildName: string = typeof EDGY_BUILD === 'undefined' ? '' : EDGY_BUILD;

/** Throws `integrity` unless `module`, which came as `file`, is of the build of this JavaScript. */
export function checkBuild(module: WebAssembly.Module, file: string): void {
  if (buildName === '') return;
  const [section] = WebAssembly.Module.customSections(module, 'edgy');
  const found = section ? String.fromCharCode(...new Uint8Array(section)) : '';
  if (found !== buildName) throw otherBuild(file, found);
}

/** Of two scripts: the page's and its worker's. */
export function checkPage(name: string): void {
  if (name !== buildName) throw otherBuild('The page’s script', name);
}

function otherBuild(what: string, found: string): EdgyError {
  return new EdgyError(
    'integrity',
    `${what} is of another build of Edgy (${found || 'one without a name'}) than the script that runs it (${buildName}): JavaScript and ` +
      'WebAssembly have to be of one build. A cache may hold an old file, or two versions of the package were mixed.',
  );
}
