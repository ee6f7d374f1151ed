/** Options that do not exist are said so: a name mistyped would go unheard. */
import { EdgyError } from './errors/errors.js';
import { explained } from './errors/explain.js';
import { shown } from './tensor.js';

/** The first name in `options` that is none of `known`. */
export function unknownOption(options: unknown, known: readonly string[], what: string): string | undefined {
  if (options === undefined || options === null) return undefined;
  if (typeof options !== 'object' || Array.isArray(options))
    throw new EdgyError('invalid-argument', `An object with options was expected (${what}), not ${shown(options)}.`);
  return Object.keys(options).find((name) => !known.includes(name));
}

/** @internal Rejects with `invalid-argument`, which names the nearest option. `what`: 'option of a session'. */
export async function checkOptions(options: unknown, known: readonly string[], what: string): Promise<void> {
  const name = unknownOption(options, known, what);
  if (name !== undefined) throw await unknown(name, known, what);
}

export function unknown(name: string, known: readonly string[], what: string): Promise<EdgyError> {
  return explained('invalid-argument', `'${name}' is no ${what}.`, (trouble) => trouble.unknownName(name, known, what));
}
