import { ArrowDown, ArrowUp, Maximize2, SquareArrowOutUpRight } from 'lucide-react'
import type { Action } from '../../app/actions.ts'
import { prepareGraph, type Step } from '../../graph/prepare-graph.ts'

/** What the keys of the steps' page act on. */
export interface StepsInView {
  readonly steps: readonly Step[]
  readonly selected: string | undefined
  select(step: string | undefined): void
  /** Shows all of the time axis. */
  fit(): void
  /** Opens the page of the selected step. */
  open(): void
}

/** Keys for going through steps; they stand in the command bar and on the sheet of shortcuts too. */
export function stepActions(view: () => StepsInView): readonly Action[] {
  const section = 'Steps'
  const hasSelection = () => (view().selected === undefined ? 'No step is selected' : true)
  const move = (distance: number) => () => view().select(stepAt(view(), distance))
  return [
    { id: 'steps.next', name: 'Next step', section, icon: ArrowDown, shortcut: 'j', perform: move(1) },
    { id: 'steps.previous', name: 'Previous step', section, icon: ArrowUp, shortcut: 'k', perform: move(-1) },
    {
      id: 'steps.open',
      name: 'Open the selected step',
      section,
      icon: SquareArrowOutUpRight,
      shortcut: 'o',
      enabled: hasSelection,
      perform: () => view().open(),
    },
    { id: 'steps.fit', name: 'Show all of the timeline', section, icon: Maximize2, shortcut: '0', perform: () => view().fit() },
  ]
}

/** The step so many places behind the selected one, in the order of the chart; the first or the last at its ends. */
export function stepAt({ steps, selected }: Pick<StepsInView, 'steps' | 'selected'>, distance: number): string | undefined {
  const { nodes } = prepareGraph(steps)
  const place = nodes.findIndex(({ id }) => id === selected)
  if (place < 0) return distance > 0 ? nodes[0]?.id : nodes.at(-1)?.id
  return nodes[Math.min(nodes.length - 1, Math.max(0, place + distance))]?.id
}
