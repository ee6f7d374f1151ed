/**
 * Whether a line of the page's console is of a load that a seal tries in order to see it refused (wasm/npm/src/seal/reporting.ts): no fault.
 * @param {string} text
 */
export const isSealProbe = (text) => /edgy-probe|data:(?:text\/javascript)?,.*Content Security Policy/.test(text);
