// A Chromium that says nothing of its own accord. With a profile: contexts without one neither preconnect nor ask for names ahead.
import path from 'node:path';
import { chromium } from '@playwright/test';
import { chromiumArguments, chromium as executablePath } from '../paths.mjs';

/** Whom Chromium itself would ask for updates, accounts and forms. */
const kOwn = ['*.googleapis.com', '*.google.com'];

/** @param {string} folder for its profile @param {readonly string[]} [more] arguments */
export function openBrowser(folder, more = []) {
  const rules = kOwn.map((name) => `MAP ${name} ~NOTFOUND`).join(', ');
  return chromium.launchPersistentContext(path.join(folder, 'profile'), {
    executablePath,
    args: [...chromiumArguments, `--host-resolver-rules=${rules}`, ...more],
  });
}
