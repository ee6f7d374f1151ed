/** Errors whose words come from trouble.ts, which is loaded for them. */
import { EdgyError, type EdgyErrorCode } from './errors.js';

type Trouble = typeof import('./trouble.js');

/** An error that says what `words` makes of trouble.ts; `short` where even that cannot be loaded. */
export async function explained(
  code: EdgyErrorCode,
  short: string,
  words: (trouble: Trouble) => string | Promise<string>,
  cause?: unknown,
): Promise<EdgyError> {
  const text = await import('./trouble.js').then(words).catch(() => short);
  return new EdgyError(code, text, cause === undefined ? {} : { cause });
}
