/** The leakage tables of docs/leakage.md, from the JSON of `edgy audit`. */

const names = {
  mel: 'log-mel',
  length: 'length alone',
  z: 'z',
  indices: '**codes**',
  'indices, events': '**codes as events**',
  quantized: 'codes, as vectors alone',
  'indices, text alone': 'codes of the text alone',
  'indices, events, text alone': 'events of the text alone',
};
const questions = { 'who speaks': 'Who speaks', 'woman or man': 'Woman or man', 'what was said': 'What was said' };

const percent = (share) => (100 * share).toFixed(1);
const points = (share) => `${share < 0 ? '−' : '+'}${Math.abs(100 * share).toFixed(1)}`;
const interval = ({ low, high }) => `<small>${percent(low)}–${percent(high)}</small>`;

function corpusName({ corpus, seen }) {
  const [judged, trained] = corpus.split(' < ');
  return `${judged}${trained ? `, trained on ${trained}` : ''}${seen ? ' †' : ''}`;
}

/** What stands beside a leak: of the first model, or of what is the same for all. */
function controls(line, sizes) {
  const of = (size) => line.at_once.find(({ recordings }) => recordings === size);
  return [
    line.shuffled === undefined ? '' : percent(line.shuffled),
    ...sizes.map((size) => (of(size) ? percent(of(size).value) : '')),
    `${line.rank_bits.toFixed(2)} of ${line.rank_chance.toFixed(2)}`,
  ];
}

/**
 * One row a representation; one column a model, the first with its interval, the others as points against it; then the
 * controls.
 */
function group({ question, leak, corpus, seen, lines }, variants) {
  const first = lines[0];
  const units = first.units === first.count ? '' : ` of ${first.units} voices`;
  const models = Object.values(variants);
  const sizes = [...new Set(lines.flatMap(({ at_once }) => at_once.map(({ recordings }) => recordings)))];
  const beside = leak ? ['shuffled', ...sizes.map((size) => `${size} at once`), 'rank, bits'] : [];
  const columns = [...models, ...beside];
  const rows = [
    `**${questions[question] ?? question}**: ${corpusName({ corpus, seen })}, ${first.count} recordings${units}; chance ` +
      `${percent(first.chance)} %${leak ? '' : ' (higher is of more use)'}`,
    '',
    `| given | ${columns.join(' | ')} |`,
    `| --- |${' ---: |'.repeat(columns.length)}`,
  ];
  for (const name of new Set(lines.map(({ representation }) => representation))) {
    const cells = models.map((variant) => {
      const line = lines.find((l) => l.representation === name && (l.model === 'any' || variants[l.model] === variant));
      if (!line) return '';
      if (line.model === 'any') return variant === models[0] ? `${percent(line.value)} ${interval(line)}` : '=';
      const change = line.difference ? ` (${points(line.difference.value)})` : '';
      return `${percent(line.value)}${change} ${interval(line)}`;
    });
    const shown = lines.find((l) => l.representation === name);
    if (leak) cells.push(...controls(shown, sizes));
    rows.push(`| ${names[name] ?? name} | ${cells.join(' | ')} |`);
  }
  return rows.join('\n');
}

/** The first model's: what one recording gives away, and several. */
function verification({ models, variants }) {
  const columns = Object.values(variants);
  const of = (model, name, corpus, recordings) =>
    model.representations
      .find((r) => r.name === name)
      ?.verification.find((v) => v.corpus === corpus && v.recordings === recordings);
  const shown = models[0].representations.flatMap(({ name, verification: results }) =>
    results.map(({ corpus, recordings }) => ({ name, corpus, recordings })),
  );
  const corpora = [...new Set(shown.map(({ corpus }) => corpus))];
  const rows = corpora.flatMap((corpus) =>
    shown
      .filter((line) => line.corpus === corpus)
      .map(({ name, recordings }) => {
        const cells = models.map((model) => {
          const found = of(model, name, corpus, recordings);
          return found && found.equal_error_rate !== null
            ? `${percent(found.equal_error_rate)} / ${percent(found.recognized)}`
            : '';
        });
        return `| ${corpus} | ${names[name] ?? name} | ${recordings} | ${cells.join(' | ')} |`;
      }),
  );
  return [
    '**The same voice?** Equal error rate (50 is chance, lower leaks more) / pairs of one voice recognized where 1 % of ' +
      'the others are let in (1 is chance), by so many recordings on either side',
    '',
    `| corpus | given | recordings | ${columns.join(' | ')} |`,
    `| --- | --- | ---: |${' ---: |'.repeat(columns.length)}`,
    ...rows,
  ].join('\n');
}

/** Codes and bits a second, of the first model. */
function rates({ models }) {
  const rows = models[0].representations
    .filter((r) => r.codes_per_second !== undefined)
    .map((r) => `| ${names[r.name] ?? r.name} | ${r.codes_per_second.toFixed(1)} | ${r.bits_per_second.toFixed(0)} |`);
  if (rows.length === 0) return '';
  return [
    '**How much is handed out**',
    '',
    '| given | codes a second | bits a second |',
    '| --- | ---: | ---: |',
    ...rows,
  ].join('\n');
}

/** Does the last model leak more than the first? In words, with the worst case named. */
function verdict({ summary, variants }) {
  const models = Object.values(variants);
  const last = models.at(-1);
  if (models.length < 2) return '';
  const differences = summary
    .filter(({ leak }) => leak)
    .flatMap(({ question, corpus, lines }) =>
      lines
        .filter((line) => line.difference && variants[line.model] === last)
        .map((line) => ({ question, corpus, ...line })),
    );
  if (differences.length === 0) return '';
  const worst = differences.reduce((a, b) => (b.difference.value > a.difference.value ? b : a));
  const mean = differences.reduce((sum, { difference }) => sum + difference.value, 0) / differences.length;
  return (
    `${last} beside fp32, over ${differences.length} attacks: ${points(mean)} points in the mean; at worst ` +
    `${points(worst.difference.value)} (${(questions[worst.question] ?? worst.question).toLowerCase()}, ` +
    `${names[worst.representation] ?? worst.representation}, ${worst.corpus}; 95 % interval ` +
    `${points(worst.difference.low)} to ${points(worst.difference.high)}; one recording is ` +
    `${percent(1 / worst.count)} points).`
  );
}

/** @param {any[]} audits */
export function markdown(audits) {
  return audits
    .map((audit) =>
      [
        `### ${audit.encoder}`,
        verdict(audit),
        ...audit.summary.map((entry) => group(entry, audit.variants)),
        verification(audit),
        rates(audit),
      ]
        .filter(Boolean)
        .join('\n\n'),
    )
    .join('\n\n')
    .concat('\n');
}
