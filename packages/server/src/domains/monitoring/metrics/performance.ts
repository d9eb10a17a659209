/** Model quality against the arrived truth. Source: scikit-learn's definitions, macro averages over the union of labels, 0/0 = 0. */

/** How often `prediction` was given where `truth` was right. */
export interface ConfusionCell {
  readonly truth: string
  readonly prediction: string
  readonly rows: number
}

export interface ClassificationScores {
  readonly accuracy: number
  readonly precision: number
  readonly recall: number
  readonly f1: number
}

/** Accuracy, and macro precision, recall and F1. NaN without rows. */
export function classificationScores(cells: readonly ConfusionCell[]): ClassificationScores {
  const labels = [...new Set(cells.flatMap((cell) => [cell.truth, cell.prediction]))]
  const count = (keep: (cell: ConfusionCell) => boolean): number =>
    cells.reduce((sum, cell) => (keep(cell) ? sum + cell.rows : sum), 0)
  const rows = count(() => true)
  const perLabel = labels.map((label) => {
    const hits = count((cell) => cell.truth === label && cell.prediction === label)
    const precision = ratio(
      hits,
      count((cell) => cell.prediction === label),
    )
    const recall = ratio(
      hits,
      count((cell) => cell.truth === label),
    )
    return { precision, recall, f1: ratio(2 * precision * recall, precision + recall) }
  })
  const mean = (pick: (scores: (typeof perLabel)[number]) => number): number =>
    perLabel.reduce((sum, scores) => sum + pick(scores), 0) / labels.length
  return {
    accuracy: rows === 0 ? NaN : count((cell) => cell.truth === cell.prediction) / rows,
    precision: mean((scores) => scores.precision),
    recall: mean((scores) => scores.recall),
    f1: mean((scores) => scores.f1),
  }
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole
}

/** Rows of each class at one score. */
export interface ScoreGroup {
  readonly score: number
  readonly positives: number
  readonly negatives: number
}

/** Area under the ROC curve: the chance that a positive scores above a negative, ties counted half. NaN when a class is missing. */
export function areaUnderCurve(groups: readonly ScoreGroup[]): number {
  const ordered = groups.toSorted((left, right) => left.score - right.score)
  let [negativesBelow, positives, wins] = [0, 0, 0]
  for (const group of ordered) {
    wins += group.positives * (negativesBelow + group.negatives / 2)
    negativesBelow += group.negatives
    positives += group.positives
  }
  return wins / (positives * negativesBelow)
}

export interface RegressionSums {
  readonly rows: number
  /** Σ |truth − prediction|. */
  readonly absoluteErrors: number
  /** Σ (truth − prediction)². */
  readonly squaredErrors: number
}

/** Mean absolute error, mean squared error and its root, in the units of the truth. NaN without rows. */
export function regressionErrors({ rows, absoluteErrors, squaredErrors }: RegressionSums): {
  mae: number
  mse: number
  rmse: number
} {
  const mse = squaredErrors / rows
  return { mae: absoluteErrors / rows, mse, rmse: Math.sqrt(mse) }
}
