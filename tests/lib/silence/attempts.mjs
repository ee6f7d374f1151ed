// All attempts of a document to speak, as one list, and how each is heard.
import * as page from '../escapes/document.mjs';
import * as frame from '../escapes/frame.mjs';

/** @typedef {{ name: string, body: string, ends: boolean, by: 'request' | 'datagram' | 'question' }} Attempt */

const listed = (attempts, by, ends = false) =>
  Object.entries(attempts).map(([name, body]) => ({ name, body, by, ends }));

/**
 * Chromium ends the renderer of a walled document that tries WebRTC in a frame: nothing gets out, and nothing comes after it. Nor does it
 * look at rules of speculation in a document where much else is going on.
 */
const kAlone = ['WebRTC of an empty frame', 'WebRTC of a frame without origin', 'fetch, later', 'speculation rules'];

/** @type {readonly Attempt[]} */
export const attempts = [
  ...listed(frame.network, 'request'),
  ...listed(page.network, 'request'),
  ...listed(page.connections, 'request'),
  ...listed(page.names, 'question'),
  ...listed({ ...frame.datagrams, ...page.datagrams }, 'datagram'),
  ...listed(page.navigation, 'request', true),
].map((attempt) => (kAlone.includes(attempt.name) ? { ...attempt, ends: true } : attempt));

/** Those that need a policy with reports. */
export const reported = listed(page.reports, 'request');

const kSecret = `secret-${'5e'.repeat(32)}`;

/** A program that makes `made`, one after the other, and gives how many it made. @param {readonly Attempt[]} made @param {string} url @param {object} addresses */
export function program(made, url, addresses) {
  const parts = made.map(
    ({ name, body }) => `await attempt(async (secret, url, at, udp) => {${body}}, ${JSON.stringify(name)});`,
  );
  return `(async () => {
    let made = 0;
    const at = ${JSON.stringify(addresses)};
    const attempt = (work, name) => {
      const address = ${JSON.stringify(url)} + '/leak?attempt=' + encodeURIComponent(name) + '&d=';
      made++;
      // Not waited for: some never end. What is refused at once is.
      return Promise.race([work('${kSecret}', address, at, at.udp), new Promise((late) => setTimeout(late, 60))]).catch(() => {});
    };
    ${parts.join('\n')}
    return made;
  })()`;
}
