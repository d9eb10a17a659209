import { invalid, type MonitorData } from '@fulcrum/contract'
import { loadTable, windowOf, type LoadedTable, type Window } from '../data/index.ts'
import { durationMs } from '../duration.ts'
import { withoutMetrics, type SignalInput, type SignalOutcome } from './types.ts'

export type Sides = { readonly reference: LoadedTable; readonly production: LoadedTable } | { readonly outcome: SignalOutcome }

/** Both sides of a signal as tables, or the outcome when one of them is empty. */
export async function loadSides(input: SignalInput): Promise<Sides> {
  const entry = productionEntry(input)
  const window = windowOf(entry, input.now) ?? input.window
  const production = await loadTable(input.ctx, input.session, {
    workspaceId: input.workspaceId,
    data: entry,
    window,
    name: 'production',
  })
  if (production === undefined || production.rows === 0) return { outcome: noProduction(entry, window, production) }
  const { data, window: referenceWindow } = referenceEntry(input, entry, window)
  const reference = await loadTable(input.ctx, input.session, {
    workspaceId: input.workspaceId,
    data,
    window: referenceWindow,
    name: 'reference',
  })
  if (reference === undefined || reference.rows === 0) {
    return {
      outcome: withoutMetrics('no_data', `The reference data '${data.uri}' has no rows${spanOf(referenceWindow)}.`, {
        production,
      }),
    }
  }
  return { reference, production }
}

/** The entry of the production data; of several the one in `context`, or the first. @throws InvalidRequestContent there is none */
export function productionEntry({ name, signal }: SignalInput, context?: string): MonitorData {
  const entries = signal.productionData ?? []
  const entry = entries.find((data) => context !== undefined && sameContext(data, context)) ?? entries[0]
  if (entry === undefined) throw invalid(`Signal '${name}' has no productionData.`, { target: `signals.${name}.productionData` })
  return entry
}

export function noProduction(entry: MonitorData, window: Window, production: LoadedTable | undefined): SignalOutcome {
  const elsewhere =
    production !== undefined && production.referencedLines > 0
      ? ` ${production.referencedLines} requests keep their rows in files of their own, which are not read.`
      : ''
  return withoutMetrics('no_data', `No production rows in '${entry.uri}'${spanOf(window)}.${elsewhere}`)
}

export function spanOf(window: Window | undefined): string {
  if (window === undefined) return ''
  return ` between ${window.start?.toISOString() ?? 'the beginning'} and ${window.end.toISOString()}`
}

/**
 * What production is compared with: the reference entry, or production itself just before its window when there is none.
 * A reference out of production data must end before the production window begins.
 */
function referenceEntry(
  input: SignalInput,
  entry: MonitorData,
  window: Window,
): { data: MonitorData; window: Window | undefined } {
  const given = input.signal.referenceData
  if (given !== null && given !== undefined) {
    const own = windowOf(given, input.now)
    const fromProduction = own !== undefined && given.uri === entry.uri
    if (fromProduction && window.start !== undefined && own.end.getTime() - 3_600_000 > window.start.getTime()) {
      throw invalid(
        `The reference window of '${input.name}' ends after the production window begins; its offset must be at least the size plus the offset of production.`,
        {
          target: `signals.${input.name}.referenceData.windowOffset`,
        },
      )
    }
    return { data: given, window: own }
  }
  if (window.start === undefined) {
    throw invalid(`Signal '${input.name}' has neither referenceData nor a production window; give one of them.`, {
      target: `signals.${input.name}.referenceData`,
    })
  }
  const sizeMs = entry.windowSize ? durationMs(entry.windowSize, 'windowSize') : window.end.getTime() - window.start.getTime()
  return { data: entry, window: { start: new Date(window.start.getTime() - sizeMs), end: window.start } }
}

function sameContext(data: MonitorData, context: string): boolean {
  return (data.dataContext ?? '').replaceAll('_', '').toLowerCase() === context.replaceAll('_', '').toLowerCase()
}
