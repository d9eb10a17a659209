/** Data quality as shares of all rows. Source: azureml-assets, data_quality_compute_metrics; without its imputation. */

/** Rates are rounded to five decimals, as Azure rounds them. */
function rate(part: number, rows: number): number {
  return rows === 0 ? NaN : Math.round((part / rows) * 1e5) / 1e5
}

/** Share of rows without a value. */
export function nullValueRate(nulls: number, rows: number): number {
  return rate(nulls, rows)
}

/** Share of rows whose value cannot be read as the type that the reference has. A missing value is no type error. */
export function dataTypeErrorRate(notReadable: number, rows: number): number {
  return rate(notReadable, rows)
}

/** Share of rows below the reference's minimum, above its maximum, or (text) not among its values. */
export function outOfBoundsRate(outside: number, rows: number): number {
  return rate(outside, rows)
}
