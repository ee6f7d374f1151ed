/** Every request of the page, as the browser itself records them, before and after the end of start-up. */
import { bytes, number } from '../format';

export interface Request {
  readonly name: string;
  readonly kind: string;
  /** Over the wire, headers not counted; 0 where the browser does not tell. */
  readonly encoded: number;
  readonly decoded: number;
  /** Milliseconds since the page was opened. */
  readonly start: number;
  /** How many requests this line stands for. */
  readonly count?: number;
  /** Answered on this device, by the service worker's copy or the browser's cache: nothing was sent. */
  readonly local?: boolean;
  /** Of what the visitor asked for by a button that says so. */
  readonly asked?: boolean;
}

/** What the service worker writes on answers out of its copy (scripts/service-worker.js). */
const kCopyMark = 'offline-copy';

/** The package's own files that a model needs, as the build names them: the resampler is the microphone's. */
export const kRuntimeFiles = /\/(edgy(?!-resample)|worker)[^/]*\.(js|wasm)$/;

const byId = (id: string) => document.getElementById(id) as HTMLElement;

export class NetworkPanel {
  readonly #startup: Request[] = [];
  readonly #after: Request[] = [];
  readonly #expected = new Set<string>();
  #sealedAt = Infinity;
  readonly #observer = new PerformanceObserver((list) => this.#take(list.getEntries()));

  constructor() {
    this.#observer.observe({ type: 'resource', buffered: true });
    document.addEventListener('securitypolicyviolation', ({ blockedURI, violatedDirective }) => {
      this.#add({
        name: blockedURI,
        kind: `refused by ${violatedDirective}`,
        encoded: 0,
        decoded: 0,
        start: performance.now(),
      });
    });
  }

  /** Start-up is over: a request from now on is one too many. */
  seal(): void {
    // The page itself only now: a long one was still on its way when the first of its scripts ran.
    this.#take([...performance.getEntriesByType('navigation'), ...this.#observer.takeRecords()]);
    this.#sealedAt = performance.now();
    this.#render();
  }

  /** The visitor asks for this file: it will be listed, and is no request too many. */
  expect(url: string): void {
    this.#expected.add(new URL(url, location.href).pathname);
  }

  /** For what browsers leave out of their own list. */
  note(url: string, kind: string): void {
    const name = new URL(url, location.href).pathname;
    if (this.#startup.some((request) => request.name === name)) return;
    this.#add({ name, kind, encoded: 0, decoded: 0, start: performance.now() });
  }

  /** One line for many requests that somebody else made for this page. */
  summarize(name: string, kind: string, count: number, bytes: number): void {
    this.#add({ name, kind, encoded: bytes, decoded: bytes, start: performance.now(), count });
  }

  /** Files that came in the document itself: path to bytes. */
  hold(files: ReadonlyMap<string, number>): void {
    for (const [name, decoded] of files)
      this.#add({ name, kind: 'in this document', encoded: 0, decoded, start: performance.now(), local: true });
  }

  get startup(): readonly Request[] {
    return this.#startup;
  }

  get after(): readonly Request[] {
    this.#take(this.#observer.takeRecords());
    return this.#after;
  }

  /** The files among the requests of start-up whose name matches. A file that was asked for twice counts once. */
  sum(pattern: RegExp): { files: string[]; encoded: number; decoded: number } {
    const found = new Map(
      this.#startup.filter(({ name }) => pattern.test(name)).map((request) => [request.name, request]),
    );
    const total = (key: 'encoded' | 'decoded') => [...found.values()].reduce((sum, request) => sum + request[key], 0);
    return { files: [...found.keys()], encoded: total('encoded'), decoded: total('decoded') };
  }

  #take(entries: PerformanceEntry[]): void {
    for (const entry of entries as PerformanceResourceTiming[]) {
      const url = new URL(entry.name, location.href);
      // Memory of the browser, and this document's own: no request.
      if (url.protocol === 'blob:' || url.protocol === 'data:') continue;
      this.#add({
        name: url.origin === location.origin ? url.pathname : url.href,
        kind: entry.entryType === 'navigation' ? 'page' : entry.initiatorType,
        encoded: entry.encodedBodySize,
        decoded: entry.decodedBodySize,
        start: entry.startTime,
        local: isLocal(entry),
        asked: this.#expected.has(url.pathname) && url.origin === location.origin,
      });
    }
  }

  #add(request: Request): void {
    (request.start > this.#sealedAt ? this.#after : this.#startup).push(request);
    this.#render();
  }

  #render(): void {
    const sealed = this.#sealedAt < Infinity;
    const count = sent(this.#after);
    const state = !sealed ? 'loading' : count ? 'broken' : 'sealed';
    const total = bytesOf(this.#startup);
    byId('seal').dataset.state = state;
    byId('seal-text').textContent = !sealed
      ? `Loading: ${bytes(total)}`
      : `${count || 'No'} request${count === 1 ? '' : 's'} since start-up`;
    byId('verdict').dataset.state = state;
    setText(
      byId('verdict'),
      !sealed
        ? 'Still starting up.'
        : count
          ? `${number(count)} after start-up. This should not happen: see the list.`
          : 'None since start-up.',
    );
    byId('startup-title').textContent = startupTitle(this.#startup, total);
    byId('shares').replaceChildren(...shares(this.#startup, total));
    byId('startup').replaceChildren(...inOrder(this.#startup).map(row));
    const after = inOrder(this.#after).map(row);
    byId('after').replaceChildren(...(after.length ? after : [emptyRow(sealed)]));
  }
}

/** Answered by the copy or by the browser's own cache. */
function isLocal({ serverTiming, transferSize, encodedBodySize }: PerformanceResourceTiming): boolean {
  return serverTiming.some(({ name }) => name === kCopyMark) || (transferSize === 0 && encodedBodySize > 0);
}

/** Requests that went to the network without being asked for. */
function sent(requests: readonly Request[]): number {
  return requests.reduce((sum, { local, asked, count = 1 }) => sum + (local || asked ? 0 : count), 0);
}

/**
 * What the page is made of: without the offline copy, which is the same bytes once more, and each file once (the seal asks for its own
 * runtime and model, which the browser then has already).
 */
function distinct(requests: readonly Request[]): Request[] {
  const files = requests.filter(({ count }) => count === undefined);
  return [...new Map(files.map((request) => [request.name, request])).values()];
}

function bytesOf(requests: readonly Request[]): number {
  return distinct(requests).reduce((sum, { encoded }) => sum + encoded, 0);
}

function startupTitle(requests: readonly Request[], total: number): string {
  const local = requests.filter((request) => request.local).length;
  const copies = local ? `, ${number(local)} more answered on this device` : '';
  return `At start-up: ${number(sent(requests))} requests${copies}, ${bytes(total)}`;
}

/** Announced by screen readers only when it changes. */
function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

function inOrder(requests: readonly Request[]): Request[] {
  return [...requests].sort((a, b) => a.start - b.start);
}

function row({ name, kind, encoded, start, local, asked }: Request): HTMLElement {
  const item = document.createElement('li');
  const cells: [string, string][] = [
    ['request-name', name],
    ['request-kind', local ? 'on this device' : asked ? 'asked for by you' : kind],
    ['request-time', `${number(start)}\u202fms`],
    ['request-bytes', encoded ? bytes(encoded) : 'not told'],
  ];
  for (const [className, text] of cells) {
    const cell = document.createElement('span');
    cell.className = className;
    cell.textContent = text;
    item.append(cell);
  }
  return item;
}

/** What the bytes of start-up were for; the first pattern that matches decides. */
const kPurposes: readonly (readonly [string, RegExp])[] = [
  ['Models', /\.edgy$/],
  ['Runtime', kRuntimeFiles],
  ['Seal', /\/seal[^/]*\.(js|htm|txt)$/],
  ['Recordings', /\.flac$/],
  ['This page', /./],
];

function shares(requests: readonly Request[], total: number): HTMLElement[] {
  const sums = new Map(kPurposes.map(([purpose]) => [purpose, 0]));
  for (const { name, encoded } of distinct(requests)) {
    const purpose = kPurposes.find(([, pattern]) => pattern.test(name))?.[0];
    if (purpose) sums.set(purpose, (sums.get(purpose) ?? 0) + encoded);
  }
  return [...sums].map(([purpose, sum]) => {
    const item = document.createElement('li');
    const bar = document.createElement('span');
    bar.className = 'share-bar';
    bar.style.setProperty('--share', String(total ? sum / total : 0));
    const amount = document.createElement('span');
    amount.className = 'request-bytes';
    amount.textContent = bytes(sum);
    item.append(purpose, bar, amount);
    return item;
  });
}

function emptyRow(sealed: boolean): HTMLElement {
  const item = document.createElement('li');
  item.className = 'request-none';
  item.textContent = sealed ? 'Nothing, and nothing is expected.' : 'Not yet.';
  return item;
}
