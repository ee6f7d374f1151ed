/** The leakage tables of docs/leakage.md, from the JSON of `edgy audit`. */

const names = { mel: 'log-mel', z: 'z', indices: '**codes**', quantized: 'codes, as vectors alone' };
const questions = { 'who speaks': 'Who speaks', 'woman or man': 'Woman or man', 'what was said': 'What was said' };

const percent = (share) => (100 * share).toFixed(1);
const points = (share) => `${share < 0 ? '−' : '+'}${Math.abs(100 * share).toFixed(1)}`;
const interval = ({ low, high }) => `<small>${percent(low)}–${percent(high)}</small>`;

function corpusName({ corpus, seen }) {
  const [judged, trained] = corpus.split(' < ');
  return `${judged}${trained ? `, trained on ${trained}` : ''}${seen ? ' †' : ''}`;
}

/** One row a representation; one column a model, the first with its interval, the others as points against it. */
function group({ question, leak, corpus, seen, lines }, variants) {
  const first = lines[0];
  const units = first.units === first.count ? '' : ` of ${first.units} voices`;
  const models = Object.values(variants);
  const rows = [
    `**${questions[question] ?? question}**: ${corpusName({ corpus, seen })}, ${first.count} recordings${units}; chance ` +
      `${percent(first.chance)} %${leak ? '' : ' (higher is of more use)'}`,
    '',
    `| given | ${models.join(' | ')} |`,
    `| --- |${' ---: |'.repeat(models.length)}`,
  ];
  for (const name of new Set(lines.map(({ representation }) => representation))) {
    const cells = models.map((variant) => {
      const line = lines.find((l) => l.representation === name && (l.model === 'any' || variants[l.model] === variant));
      if (!line) return '';
      if (line.model === 'any') return variant === models[0] ? `${percent(line.value)} ${interval(line)}` : '=';
      const change = line.difference ? ` (${points(line.difference.value)})` : '';
      return `${percent(line.value)}${change} ${interval(line)}`;
    });
    rows.push(`| ${names[name] ?? name} | ${cells.join(' | ')} |`);
  }
  return rows.join('\n');
}

function verification({ models, variants }) {
  const columns = Object.values(variants);
  const of = (model, name, corpus) =>
    model.representations.find((r) => r.name === name)?.verification.find((v) => v.corpus === corpus);
  const corpora = models[0].representations[0].verification.map(({ corpus }) => corpus);
  const rows = corpora.flatMap((corpus) =>
    models[0].representations.map(({ name }) => {
      const cells = models.map((model) => {
        const rate = of(model, name, corpus)?.equal_error_rate;
        return rate === null || rate === undefined ? '' : percent(rate);
      });
      return `| ${corpus} | ${names[name] ?? name} | ${cells.join(' | ')} |`;
    }),
  );
  return [
    '**The same voice?** Equal error rate of verification by cosine, nothing trained; 50 is chance, lower leaks more',
    '',
    `| corpus | given | ${columns.join(' | ')} |`,
    `| --- | --- |${' ---: |'.repeat(columns.length)}`,
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
      ]
        .filter(Boolean)
        .join('\n\n'),
    )
    .join('\n\n')
    .concat('\n');
}
