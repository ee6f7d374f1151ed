// Puts seal.htm together: the outer frame's page with its policy, and in it, as text, the inner frame's page.
import { createHash } from 'node:crypto';

/** As in Subresource Integrity and in a content security policy. @param {string | Uint8Array} text */
export const digest = (text, algorithm = 'sha256') =>
  `${algorithm}-${createHash(algorithm).update(text).digest('base64')}`;

/** A script's text as HTML may hold it: neither end tag nor comment in it, the same program. @param {string} text */
export const embeddable = (text) => text.replaceAll('</', '<\\/').replaceAll('<!--', '<\\!--');

/** @param {readonly string[]} scripts texts that may run */
const policyFor = (scripts) =>
  [
    "default-src 'none'",
    // blob: for the engine, which enters the worker as a module; no scope in here can make such an address once it is shut.
    `script-src ${scripts.map((text) => `'${digest(text)}'`).join(' ')} blob: 'wasm-unsafe-eval'`,
    'worker-src blob:',
    "connect-src 'none'",
    "frame-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    'trusted-types edgy-seal',
  ].join('; ');

const page = (head, script) =>
  `<!doctype html><html lang="en"><meta charset="utf-8">${head}<title>Edgy seal</title><script>${script}</script></html>\n`;

/** The inner frame's page. @param {string} script as HTML may hold it */
export const innerPage = (script) => page('', script);

/** @param {string} innerScript as HTML may hold it @param {string} outerScript the same, with the inner page in it */
export function sealPage(innerScript, outerScript) {
  const policy = policyFor([outerScript, innerScript]);
  const head = `<meta http-equiv="Content-Security-Policy" content="${policy}"><meta name="referrer" content="no-referrer">`;
  return { html: page(head, outerScript), policy };
}
