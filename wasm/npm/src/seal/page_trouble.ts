/** Why a frame around seal.htm would not come about, from what its server answers: the frame itself cannot say. */
import { messageOf } from '../errors/errors.js';
import { reported } from './reporting.js';

/** Replaced by the build script: what seal.htm of this release hashes to. */
declare const EDGY_SEAL: string;

/** What the page gets when it asks for seal.htm itself. */
export interface SealFile {
  /** Why no seal can be closed around it; '' when nothing speaks against it. */
  readonly trouble: string;
  /** What is odd and may explain a silence. */
  readonly hint: string;
  /** The header of this name that it comes with; '' for none. */
  readonly connectionAllowlist: string;
}

/** Never rejects. */
export async function whatIsWrong(url: URL, signal: AbortSignal): Promise<SealFile> {
  let response: Response;
  try {
    response = await fetch(url, { signal });
  } catch (error) {
    return { trouble: '', hint: `The page cannot fetch it: ${messageOf(error)}.`, connectionAllowlist: '' };
  }
  const trouble = troubleIn(response, url);
  const connectionAllowlist = response.headers.get('connection-allowlist') ?? '';
  const hint = trouble ? '' : await hintOf(response).catch(() => '');
  return { trouble, hint, connectionAllowlist };
}

/** Why the frame at `url` may be silent. */
export function sayWhy(url: URL, { hint }: SealFile): string {
  const isolated = crossOriginIsolated
    ? 'This page is cross-origin isolated, so the file needs Cross-Origin-Embedder-Policy: require-corp as well. '
    : '';
  return (
    `The frame at ${url} does not answer. ${hint} ${isolated}The page's policy must allow it (frame-src), and no header of its own may forbid ` +
    'framing (X-Frame-Options, frame-ancestors), its script or its blob: worker: integrity.json has the policy that it needs.'
  ).replace('  ', ' ');
}

function troubleIn(response: Response, url: URL): string {
  if (!response.ok) {
    const status = `${response.status} ${response.statusText}`.trim();
    return `${url} answered ${status}. seal.htm has to be deployed beside sealed.js, or named in wasmPaths.`;
  }
  const type = response.headers.get('content-type') ?? 'none';
  if (!/^text\/html\b/i.test(type)) {
    return `${url} comes with the media type ${type.slice(0, 80)}: a frame takes text/html.`;
  }
  const framing = response.headers.get('x-frame-options') ?? '';
  const sameOrigin = url.origin === location.origin && /^sameorigin$/i.test(framing.trim());
  if (framing && !sameOrigin)
    return `${url} comes with X-Frame-Options: ${framing.slice(0, 80)}, so this page cannot frame it.`;
  return reportingIn(response.headers);
}

/** Headers by which a browser tells of a document what happens in it. */
export function reportingIn(headers: Headers): string {
  const policies = [
    'Connection-Allowlist',
    'Connection-Allowlist-Report-Only',
    'Content-Security-Policy',
    'Content-Security-Policy-Report-Only',
    'Cross-Origin-Embedder-Policy',
    'Cross-Origin-Embedder-Policy-Report-Only',
    'Document-Policy',
    'Document-Policy-Report-Only',
    'Integrity-Policy',
    'Integrity-Policy-Report-Only',
    'Permissions-Policy',
    'Permissions-Policy-Report-Only',
  ];
  for (const name of policies) {
    const [, directive] = /\b(report-uri|report-to|endpoints)\b(?=\s*=|\s)/i.exec(headers.get(name) ?? '') ?? [];
    if (directive) return reported(name, directive);
  }
  // What is of no policy goes to the endpoint of this name.
  if (/(^|,)\s*default\s*=/.test(headers.get('Reporting-Endpoints') ?? '')) {
    return reported('Reporting-Endpoints', 'default');
  }
  return groupsOf(headers.get('Report-To') ?? '').includes('default') ? reported('Report-To', 'default') : '';
}

function groupsOf(header: string): string[] {
  try {
    return (JSON.parse(`[${header}]`) as { group?: string }[]).map(({ group }) => group ?? 'default');
  } catch {
    return header ? ['default'] : [];
  }
}

async function hintOf(response: Response): Promise<string> {
  const bytes = await response.arrayBuffer();
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  const found = `sha256-${btoa(String.fromCharCode(...hash))}`;
  if (found === EDGY_SEAL) return '';
  return (
    `It has the hash ${found}, and this release's ${EDGY_SEAL}: the file was rewritten on its way here (by a bundler, a server or what ` +
    'is between), or is not seal.htm at all. It has to be served as it is in the package, as the policy in it knows its scripts by hash.'
  );
}
