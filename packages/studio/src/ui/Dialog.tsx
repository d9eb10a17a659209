import { X } from 'lucide-react'
import { useEffect, useId, useRef, type ReactNode } from 'react'
import { IconButton } from './Button.tsx'
import { cx } from './cx.ts'
import styles from './overlay.module.css'

export interface DialogProps {
  readonly isOpen: boolean
  onClose(): void
  readonly title: string
  readonly children: ReactNode
  /** Buttons at the foot. */
  readonly actions?: ReactNode
  readonly width?: 's' | 'm' | 'l'
  /** Without heading and padding: the content draws everything, the title is only spoken. */
  readonly isBare?: boolean
  /** At the right or left edge, full height. */
  readonly edge?: 'left' | 'right'
}

/**
 * The browser's own modal dialog: it traps the focus, makes the rest inert and gives the focus back, with no style
 * element injected.
 */
export function Dialog({ isOpen, onClose, title, children, actions, width = 'm', isBare, edge }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null)
  const titleId = useId()
  useEffect(() => {
    const dialog = element.current
    if (!dialog) return
    if (isOpen && !dialog.open) {
      dialog.showModal()
      // The first field, where there is one: React's autoFocus acts while the dialog is still closed.
      dialog.querySelector<HTMLElement>('input,textarea,select')?.focus()
    }
    if (!isOpen && dialog.open) dialog.close()
  }, [isOpen])
  return (
    <dialog
      ref={element}
      className={cx(styles.dialog, styles[`width-${width}`], edge && styles[`edge-${edge}`])}
      aria-labelledby={titleId}
      // Closed by the owner's state it says nothing: the owner may already show another dialog.
      onClose={() => isOpen && onClose()}
      onClick={(event) => event.target === element.current && onClose()}
    >
      {isOpen && (
        <div className={styles.dialogBody}>
          <header className={isBare ? 'visually-hidden' : styles.dialogHead}>
            <h2 id={titleId}>{title}</h2>
            {!isBare && <IconButton label="Close" icon={<X />} onClick={onClose} hasTooltip={false} />}
          </header>
          {isBare ? children : <div className={styles.dialogContent}>{children}</div>}
          {actions && <footer className={styles.dialogFoot}>{actions}</footer>}
        </div>
      )}
    </dialog>
  )
}
