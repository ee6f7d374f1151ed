/**
 * Logistic regression with several classes, trained in slices, so that the page stays live. Small on purpose: what it finds, anybody finds.
 * Nesterov's accelerated gradient descent on the cross-entropy with a quadratic penalty; classes weigh alike, however many rows they have.
 */
export interface Trained {
  /** Scores of the classes, one row of features at a time. */
  scores(features: Float32Array): number[];
}

const kSteps = 200;
/** Of the squared weights, in units of a row: features are standardized, and there are more of them than rows. */
const kPenalty = 0.02;
/** Milliseconds of work between two breaths. */
const kSlice = 10;

interface Scaling {
  readonly mean: Float64Array;
  readonly scale: Float64Array;
}

function scalingOf(rows: readonly Float32Array[], width: number): Scaling {
  const mean = new Float64Array(width);
  const scale = new Float64Array(width);
  for (let f = 0; f < width; f++) {
    for (const row of rows) mean[f] = (mean[f] as number) + (row[f] as number) / rows.length;
    let square = 0;
    for (const row of rows) square += ((row[f] as number) - (mean[f] as number)) ** 2 / rows.length;
    scale[f] = square > 1e-12 ? 1 / Math.sqrt(square) : 0;
  }
  return { mean, scale };
}

const scaled = (row: Float32Array, { mean, scale }: Scaling): Float64Array =>
  Float64Array.from(row, (x, f) => (x - (mean[f] as number)) * (scale[f] as number));

function softmaxInPlace(scores: Float64Array): void {
  let top = Number.NEGATIVE_INFINITY;
  for (const score of scores) top = Math.max(top, score);
  let total = 0;
  for (let c = 0; c < scores.length; c++) {
    scores[c] = Math.exp((scores[c] as number) - top);
    total += scores[c] as number;
  }
  for (let c = 0; c < scores.length; c++) scores[c] = (scores[c] as number) / total;
}

/** Resolves after a moment in which the page did what it had to. */
function breath(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** `labels` are 0..classes-1, one a row. */
export async function train(
  rows: readonly Float32Array[],
  labels: readonly number[],
  classes: number,
): Promise<Trained> {
  const width = rows[0]?.length ?? 0;
  const scaling = scalingOf(rows, width);
  const x = rows.map((row) => scaled(row, scaling));
  const sizes = new Float64Array(classes);
  for (const label of labels) sizes[label] = (sizes[label] as number) + 1;
  const weightOf = labels.map((label) => 1 / (classes * (sizes[label] as number)));
  // The last column is the bias, which has no penalty.
  const stride = width + 1;
  const weights = new Float64Array(classes * stride);
  const before = new Float64Array(weights);
  const ahead = new Float64Array(weights);
  const gradient = new Float64Array(weights.length);
  // The curvature is at most half of the weighted mean of the rows' squared lengths.
  const longest = x.reduce(
    (sum, row, i) => sum + row.reduce((all, value) => all + value * value, 1) * (weightOf[i] as number),
    0,
  );
  const rate = 1 / (0.5 * longest + kPenalty);
  const scores = new Float64Array(classes);
  const scoreAll = (of: Float64Array, row: Float64Array) => {
    for (let c = 0; c < classes; c++) {
      let sum = of[c * stride + width] as number;
      for (let f = 0; f < width; f++) sum += (of[c * stride + f] as number) * (row[f] as number);
      scores[c] = sum;
    }
  };
  let since = performance.now();
  for (let step = 0; step < kSteps; step++) {
    gradient.fill(0);
    for (let i = 0; i < x.length; i++) {
      const row = x[i] as Float64Array;
      scoreAll(ahead, row);
      softmaxInPlace(scores);
      for (let c = 0; c < classes; c++) {
        const pull = ((scores[c] as number) - (labels[i] === c ? 1 : 0)) * (weightOf[i] as number);
        for (let f = 0; f < width; f++) {
          gradient[c * stride + f] = (gradient[c * stride + f] as number) + pull * (row[f] as number);
        }
        gradient[c * stride + width] = (gradient[c * stride + width] as number) + pull;
      }
      if (performance.now() - since > kSlice) {
        await breath();
        since = performance.now();
      }
    }
    const momentum = step / (step + 3);
    for (let w = 0; w < weights.length; w++) {
      const penalty = w % stride === width ? 0 : kPenalty * (ahead[w] as number);
      const next = (ahead[w] as number) - rate * ((gradient[w] as number) + penalty);
      before[w] = weights[w] as number;
      weights[w] = next;
      ahead[w] = next + momentum * (next - (before[w] as number));
    }
  }
  return {
    scores: (features) => {
      scoreAll(weights, scaled(features, scaling));
      return [...scores];
    },
  };
}
