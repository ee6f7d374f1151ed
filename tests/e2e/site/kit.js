// What modules of the pages under test share.
import { EdgyError } from '../edgy/index.js';

/** The result of `work`, or what it rejected with. */
export async function outcome(work) {
  try {
    return { value: await work() };
  } catch (error) {
    return {
      code: error.code ?? `not an EdgyError: ${error}`,
      message: error.message,
      typed: error instanceof EdgyError,
    };
  }
}

/** Out of base64. */
export const bytesOf = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
