/**
 * What a document comes with that cannot open a connection (docs/guides/a-page-that-cannot-speak.md).
 *
 * The allowlist is the wall. It stops all that the document and whatever it makes would send; Chromium 156 lets two things over it, which
 * the policy's sandbox and the page's start (src/quiet) stop: downloads, and what a service worker of the same origin does for it.
 */
export const kQuietHeaders = {
  'Connection-Allowlist': '()',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'microphone=(self), camera=(), geolocation=(), payment=(), identity-credentials-get=()',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
};

/**
 * The policy of its response. `self` in connect-src is for one question at the start, whether the wall stands; the document then forbids
 * itself that too (`documentPolicy`).
 * @param {readonly string[]} scripts hashes of those that may run, as 'sha256-...' @param {string} style hash of the one that counts
 */
export const responsePolicy = (scripts, style) =>
  `${policy(scripts, style, "'self' blob:")}; frame-ancestors 'none'; sandbox allow-scripts allow-same-origin`;

/** The policy that the document's own markup adds, after its first script. @param {readonly string[]} scripts @param {string} style */
export const documentPolicy = (scripts, style) => policy(scripts, style, 'blob:');

const policy = (scripts, style, connect) =>
  [
    "default-src 'none'",
    `script-src ${scripts.map((hash) => `'${hash}'`).join(' ')} blob: 'wasm-unsafe-eval'`,
    'worker-src blob:',
    `connect-src ${connect}`,
    'frame-src blob:',
    `style-src '${style}'`,
    'font-src data:',
    'img-src data: blob:',
    'media-src blob:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
