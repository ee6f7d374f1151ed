// Whether the packed package is one that resolvers, bundlers and TypeScript take as it is meant: publint and "are the types wrong".
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

/**
 * What is wrong with the package in `folder`, packed as `tarball`, in words.
 * @param {string} folder @param {Uint8Array} tarball
 */
export async function wrongWithTarball(folder, tarball) {
  const { messages, pkg } = await publint({ pkgDir: folder, level: 'suggestion', pack: false });
  const { problems } = await checkPackage(createPackageFromTarballData(tarball));
  return [
    ...messages.map((message) => `publint: ${formatMessage(message, pkg, { color: false })}`),
    ...problems.filter((problem) => !meant(problem)).map((problem) => `types: ${JSON.stringify(problem)}`),
  ];
}

/** The package is of ES modules alone: what CommonJS requires are those, as Node does since version 22. What is no code has no types. */
function meant({ kind, entrypoint = '' }) {
  return kind === 'CJSResolvesToESM' || /\.(wasm|html?|txt|json|js)$/.test(entrypoint);
}
