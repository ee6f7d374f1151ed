/** Where the page's files are: beside it, or, in the page that cannot ask for any, in its own markup (scripts/quiet.mjs). */
import type { RuntimeFile } from 'edgy';

/** What the first scripts of the quiet page leave (scripts/quiet_start.js). */
interface Quiet {
  /** Address to the address of the same bytes in memory. */
  readonly files: ReadonlyMap<string, string>;
  /** The package's files by their names. */
  readonly runtime: Partial<Record<RuntimeFile, string>>;
  readonly bytes: ReadonlyMap<string, number>;
  /** Resolves when nothing of this origin speaks for the page any more. */
  readonly alone: Promise<void>;
  /** How the page's one question to its own server ended. */
  readonly asked: Promise<'refused' | 'answered'>;
}

declare global {
  interface Window {
    readonly edgyQuiet?: Quiet;
  }
}

/** Undefined in the page that loads its files. */
export const quiet: Quiet | undefined = window.edgyQuiet;

/** The address of a file of this page; `path` is relative to the page. */
export function at(path: string): string {
  const address = new URL(path, document.baseURI).href;
  return quiet?.files.get(address) ?? address;
}

/** Where a session finds the package's files; undefined where it knows that itself. */
export const wasmPaths = quiet?.runtime;
