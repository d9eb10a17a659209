import { Button } from '../ui/Button.tsx'
import { reasonAgainst, type Action } from './actions.ts'
import { useOptionalWorkspace } from './workspace.tsx'

/** Actions as buttons; one that cannot be done now says why. */
export function ActionButtons({ actions, primary }: { actions: readonly Action[]; primary?: string }) {
  const context = { workspacePath: useOptionalWorkspace()?.path }
  return actions.map((action) => (
    <Button
      key={action.id}
      look={action.id === primary ? 'primary' : 'default'}
      icon={action.icon && <action.icon />}
      disabledReason={reasonAgainst(action, context)}
      onClick={() => action.perform(context)}
    >
      {action.name}
    </Button>
  ))
}
