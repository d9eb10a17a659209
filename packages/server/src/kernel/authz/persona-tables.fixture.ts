/** The two tables as published, word for word; kept apart from `persona-tables.ts` so that a slip there is seen. */
export const productionText = `
| Data scientist | – | – | R | – | – | – | LAR | MR |
| Data analyst | – | – | – | – | – | – | – | – |
| Model tester | – | – | – | – | – | – | – | – |
| Business stakeholders | – | – | – | – | – | – | – | MR |
| Project lead | R | R, KVR | R | – | – | – | LAR | MR |
| Project/product owner | – | – | – | – | – | – | – | MR |
| Platform technical support | O | O, KVA | – | – | DOPCA | O | O | O |
| Model end user | – | – | – | – | – | – | – | – |
| CI/CD processes | O | O, KVA | AcrPush | – | DOPCA | O | O | O |
| ML workspace (identity) | – | R | C | C | – | – | – | – |
| Monitoring processes | R | – | – | – | – | – | LAR | MR |
| Data governance processes | R | – | R | R | R | R | – | – |
`

export const preproductionText = `
| Data scientist | ADS | R, KVA | C | C | C | C | LAC | MC |
| Data analyst | R | – | – | C | – | – | LAR | MC |
| Model tester | R | R, KVR | R | R | R | R | LAR | MR |
| Business stakeholders | R | – | R | R | R | R | – | – |
| Project lead | C | C, KVA | C | C | C | C | LAC | MC |
| Project/product owner | R | – | – | R | – | – | – | MR |
| Platform technical support | O | O, KVA | O | O | DOPCA | O | O | O |
| Model end user | – | – | – | – | – | – | – | – |
| CI/CD processes | O | O, KVA | AcrPush | O | DOPCA | O | O | O |
| ML workspace (identity) | – | R, KVR | C | C | – | – | – | – |
| Monitoring processes | R | R | R | R | R | R | LAC | – |
| Data governance processes | R | – | R | R | – | – | – | – |
`
