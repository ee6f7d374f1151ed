/** Whether files are of one build. A cache or a CDN may hand out an old one, and letters stand for other functions in it. */
import { EdgyError } from '../errors/errors.js';

/** Replaced by the build script, or by `edgy bundle`: the build's name (bin/bundle/build_name.mjs). */
declare const EDGY_BUILD: string;

/** '' where the source runs unbuilt. */
export const buildName: string = typeof EDGY_BUILD === 'undefined' ? '' : EDGY_BUILD;

/** Throws `integrity` unless `module`, and the page that hands it over and gives its own name, are of the build of this script. */
export function checkBuild(module: WebAssembly.Module, page: string = buildName): void {
  const [section] = WebAssembly.Module.customSections(module, 'edgy');
  const wasm = String.fromCharCode(...new Uint8Array(section ?? []));
  if (buildName === '' || (page === buildName && wasm === buildName)) return;
  throw new EdgyError(
    'integrity',
    `Files of two builds of Edgy are mixed: the page's script is ${page || 'unnamed'}, the WebAssembly ${wasm || 'unnamed'}, the script ` +
      `that runs it ${buildName}. A cache may hold an old file.`,
  );
}
