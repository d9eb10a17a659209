import {
  Activity,
  Boxes,
  CalendarClock,
  Cpu,
  Database,
  Gauge,
  House,
  KeyRound,
  Layers,
  Library,
  PlayCircle,
  Radio,
  Rocket,
  Settings,
  Workflow,
  type LucideIcon,
} from 'lucide-react'

/** One section of the studio; the rail, the command bar and the `g …` shortcuts are made from this list. */
export interface Noun {
  readonly id: string
  readonly label: string
  readonly icon: LucideIcon
  /** Second key after `g`. */
  readonly key: string
  /** `workspace` sections live below `/w/{resourceGroup}/{workspace}`, the others at the root. */
  readonly scope: 'instance' | 'workspace'
  /** Group in the rail. */
  readonly group: 'top' | 'build' | 'deliver' | 'govern'
}

export const nouns: readonly Noun[] = [
  { id: 'home', label: 'Home', icon: House, key: 'h', scope: 'instance', group: 'top' },
  { id: 'jobs', label: 'Jobs', icon: PlayCircle, key: 'j', scope: 'workspace', group: 'build' },
  { id: 'pipelines', label: 'Pipelines', icon: Workflow, key: 'p', scope: 'workspace', group: 'build' },
  { id: 'schedules', label: 'Schedules', icon: CalendarClock, key: 't', scope: 'workspace', group: 'build' },
  { id: 'data', label: 'Data', icon: Database, key: 'd', scope: 'workspace', group: 'build' },
  { id: 'environments', label: 'Environments', icon: Layers, key: 'n', scope: 'workspace', group: 'build' },
  { id: 'compute', label: 'Compute', icon: Cpu, key: 'c', scope: 'workspace', group: 'build' },
  { id: 'models', label: 'Models', icon: Boxes, key: 'm', scope: 'workspace', group: 'deliver' },
  { id: 'registries', label: 'Registries', icon: Library, key: 'r', scope: 'instance', group: 'deliver' },
  { id: 'releases', label: 'Releases', icon: Rocket, key: 'l', scope: 'instance', group: 'deliver' },
  { id: 'endpoints', label: 'Endpoints', icon: Radio, key: 'e', scope: 'workspace', group: 'deliver' },
  { id: 'monitors', label: 'Monitors', icon: Gauge, key: 'o', scope: 'workspace', group: 'deliver' },
  { id: 'activity', label: 'Activity', icon: Activity, key: 'a', scope: 'instance', group: 'govern' },
  { id: 'access', label: 'Access', icon: KeyRound, key: 'x', scope: 'workspace', group: 'govern' },
  { id: 'settings', label: 'Settings', icon: Settings, key: 's', scope: 'workspace', group: 'govern' },
]

/** Path of a section, or undefined for a workspace section without a workspace. */
export function nounPath(noun: Noun, workspacePath: string | undefined): string | undefined {
  if (noun.scope === 'instance') return `/${noun.id}`
  return workspacePath && `${workspacePath}/${noun.id}`
}
