import { Command } from 'cmdk'
import { useState } from 'react'
import { Dialog } from '../ui/Dialog.tsx'
import { Keys } from '../ui/Keys.tsx'
import { groupBySection, reasonAgainst, type ActionContext } from './actions.ts'
import styles from './command.module.css'
import { useAllActions } from './use-actions.ts'

interface CommandBarProps {
  readonly isOpen: boolean
  onClose(): void
  readonly context: ActionContext
}

/** Every action of the studio and of the page in view, found by typing. */
export function CommandBar({ isOpen, onClose, context }: CommandBarProps) {
  return (
    <Dialog isOpen={isOpen} onClose={onClose} title="Command bar" isBare>
      <CommandList onClose={onClose} context={context} />
    </Dialog>
  )
}

function CommandList({ onClose, context }: Omit<CommandBarProps, 'isOpen'>) {
  const actions = useAllActions()
  const [query, setQuery] = useState('')
  return (
    <Command label="Command bar" loop className={styles.command}>
      <Command.Input
        value={query}
        onValueChange={setQuery}
        placeholder="Go to, create, switch…"
        autoFocus
        className={styles.input}
      />
      <Command.List className={styles.list}>
        <Command.Empty className={styles.nothing}>No action matches “{query}”.</Command.Empty>
        {groupBySection(actions).map(([section, members]) => (
          <Command.Group key={section} heading={section}>
            {members.map((action) => {
              const reason = reasonAgainst(action, context)
              return (
                <Command.Item
                  key={action.id}
                  value={`${action.name} ${action.id}`}
                  keywords={[action.section, action.keywords ?? '']}
                  disabled={reason !== undefined}
                  onSelect={() => {
                    onClose()
                    action.perform(context)
                  }}
                >
                  {action.icon && <action.icon aria-hidden="true" />}
                  <span>{action.name}</span>
                  {reason && <small>{reason}</small>}
                  {action.shortcut && <Keys shortcut={action.shortcut} />}
                </Command.Item>
              )
            })}
          </Command.Group>
        ))}
      </Command.List>
    </Command>
  )
}

/** All shortcuts that work on this page, made from the same registry. */
export function ShortcutSheet({ isOpen, onClose }: Pick<CommandBarProps, 'isOpen' | 'onClose'>) {
  const actions = useAllActions().filter((action) => action.shortcut)
  const inLists = [
    ['Next and previous row', ['j', 'k']],
    ['Open row', ['enter']],
    ['Select row', ['x']],
  ] as const
  return (
    <Dialog isOpen={isOpen} onClose={onClose} title="Keyboard shortcuts">
      <div className={styles.sheet}>
        {groupBySection(actions).map(([section, members]) => (
          <section key={section}>
            <h3>{section}</h3>
            <ul>
              {members.map((action) => (
                <li key={action.id}>
                  {action.name}
                  <Keys shortcut={action.shortcut ?? ''} />
                </li>
              ))}
            </ul>
          </section>
        ))}
        <section>
          <h3>In lists</h3>
          <ul>
            {inLists.map(([name, keys]) => (
              <li key={name}>
                {name}
                <Keys shortcut={keys.join(' ')} />
              </li>
            ))}
          </ul>
        </section>
      </div>
    </Dialog>
  )
}
