/** What a runtime that `edgy bundle` cut says where something was cut out. Loaders of such runtimes alone hold this. */
import { EdgyError } from '../errors/errors.js';

/** Whether this loader is for cut runtimes. Replaced by the build script, the words by `edgy bundle`. */
declare const EDGY_CUT: boolean | undefined;
declare const EDGY_CUT_WORDS: { readonly to: string; readonly out: readonly string[] };

class Missing extends EdgyError {}

/** Adds to what the module imports what its cut functions call: with the place of a word in `out`. It does not return. */
export function withMissing(imports: WebAssembly.Imports): WebAssembly.Imports {
  if (typeof EDGY_CUT === 'undefined' || !EDGY_CUT) return imports;
  const missing = (what: number) => {
    const { to, out } = EDGY_CUT_WORDS;
    throw new Missing(
      'unsupported-model',
      `This runtime was cut by 'edgy bundle' to what ${to} needs: ${out[what]} is not in it. Bundle it for this model, too.`,
    );
  };
  return { ...imports, a: { ...imports['a'], missing } };
}

/** Whether the error left WebAssembly in the middle of a function: nothing can be called there any more. */
export function leftMidway(error: unknown): boolean {
  return typeof EDGY_CUT !== 'undefined' && EDGY_CUT && error instanceof Missing;
}
