// The table of configurations, for people.

const percent = (/** @type {number} */ value, /** @type {number} */ digits) => `${(100 * value).toFixed(digits)} %`;

/** Reached to 0.1 %, or as near as whole filters allow. */
function verdict(/** @type {number} */ wanted, /** @type {number} */ got, /** @type {number} */ step) {
  return Math.abs(wanted - got) <= Math.max(0.001, step / 2 + 1e-9) ? '' : ' NOT MET';
}

/** @param {any} row */
function sizes({ asked, reached }) {
  const wanted = [];
  const got = [];
  if (asked.zeros > 0) {
    wanted.push(`${percent(asked.zeros, 0)} zeros`);
    got.push(`${percent(reached.zeros, 2)}${verdict(asked.zeros, reached.zeros, 0)}`);
  }
  if (asked.filters > 0) {
    wanted.push(`${percent(asked.filters, 0)} of filters`);
    got.push(`${percent(reached.filters, 2)}${verdict(asked.filters, reached.filters, reached.filterStep)}`);
  }
  if (asked.algorithms.includes('quantization')) {
    const within = reached.weightBits.every((/** @type {number} */ bits) => asked.weightBits.includes(bits));
    wanted.push(`weights ${asked.weightBits.join(' or ')} bits, activations ${asked.activationBits}`);
    got.push(`${reached.weightBits.join(' and ')}${within ? '' : ' NOT MET'}; ${reached.activationBits.join(' and ')}`);
  }
  return [wanted.join(', '), got.join(', ')];
}

/** @param {any[]} rows as configs.mjs makes them */
export function markdown(rows) {
  const head = [
    'configuration',
    'model',
    'steps',
    'asked',
    'reached',
    'bytes',
    'z cosine',
    'codes equal',
    'conversion alone',
    'seconds',
  ];
  const line = (/** @type {string[]} */ cells) => `| ${cells.join(' | ')} |`;
  return [
    line(head),
    line(head.map((_, i) => ([2, 5, 6, 7, 8, 9].includes(i) ? '---:' : '---'))),
    ...rows.map((row) =>
      line([
        row.config.replace(/^nncf_config_?|\.json$/g, '') || '(defaults)',
        row.model.replace('.onnx', ''),
        row.trained ? String(row.steps) : 'none',
        ...sizes(row),
        row.reached.bytes.toLocaleString('en'),
        row.cosine.toFixed(4),
        percent(row.agreement, 1),
        row.alone === undefined ? '' : percent(row.alone, 1),
        row.seconds.toFixed(0),
      ]),
    ),
  ].join('\n');
}
