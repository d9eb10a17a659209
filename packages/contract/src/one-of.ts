import { z } from 'zod'

/** An enumeration accepted without case and underscores, and given back in Azure's spelling. */
export function oneOf<Choice extends string>(choices: readonly [Choice, ...Choice[]]) {
  return z
    .string()
    .transform((text) => choices.find((choice) => choice.toLowerCase() === text.replaceAll('_', '').toLowerCase()) ?? text)
    .pipe(z.enum(choices))
}
