/** Control-flow nodes: rows of `steps` without a program. What an iteration adds is a pure function of these and of stored outputs. */

export const controlTypes = ['boolean', 'integer', 'number', 'string'] as const
/** Types of the literal outputs that a step writes into a file and later nodes read as values. */
export type ControlType = (typeof controlTypes)[number]

export const controlKinds = ['if_else', 'do_while', 'parallel_for'] as const
