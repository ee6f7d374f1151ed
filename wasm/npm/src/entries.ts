/** What the entries on top of 'edgy' (`edgy/models`, `edgy/text`) take of it beyond what is public. They import it from there, as there is one class of errors. */
export { abortedError, messageOf, throwIfAborted } from './errors/errors.js';
export { checkOptions } from './options.js';
export { readModel } from './source.js';
