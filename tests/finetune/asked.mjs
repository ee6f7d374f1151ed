// What an NNCF configuration asks for, in numbers.

/**
 * @typedef {{ algorithms: string[], zeros: number, filters: number, weightBits: number[], activationBits: number, byHessian: boolean }} Asked
 */

const percent = (/** @type {string} */ words) => Number(/([\d.]+) %/.exec(words)?.[1]) / 100;
const integers = (/** @type {string} */ words) => [...words.matchAll(/\b(\d+)(?=[ ,-]| or)/g)].map((m) => Number(m[1]));

/**
 * @param {string} explanation what `edgy config explain --json` says
 * @returns {Asked}
 */
export function asked(explanation) {
  const { algorithms } = JSON.parse(explanation);
  /** @type {Asked} */
  const result = { algorithms: [], zeros: 0, filters: 0, weightBits: [8], activationBits: 8, byHessian: false };
  for (const { algorithm, settings, summary } of algorithms) {
    result.algorithms.push(algorithm);
    const setting = (/** @type {string} */ label) =>
      settings.find((/** @type {any} */ s) => s.label === label)?.value ?? '';
    if (algorithm.endsWith('_sparsity') && setting('final share')) result.zeros = percent(setting('final share'));
    if (algorithm === 'filter_pruning') result.filters = percent(setting('final share'));
    if (algorithm === 'quantization') {
      result.weightBits = integers(/Weights become (.*?)-bit/.exec(summary)?.[0] ?? '8-');
      result.activationBits = integers(setting('activations'))[0] ?? 8;
      result.byHessian = setting('precision').startsWith('hawq');
    }
  }
  return result;
}
