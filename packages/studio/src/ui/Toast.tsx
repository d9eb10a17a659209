import { X } from 'lucide-react'
import { createContext, use, useCallback, useMemo, useState, type ReactNode } from 'react'
import styles from './Feedback.module.css'
import { StatusMark } from './Status.tsx'

export interface ToastMessage {
  readonly text: string
  /** A status word: it picks mark and colour. */
  readonly status?: 'Succeeded' | 'Failed' | 'Warning'
  /** What can be done about it now, such as "Undo". */
  readonly action?: { readonly label: string; perform(): void }
}

const ToastContext = createContext<(message: ToastMessage) => void>(() => undefined)

/** @returns a function that shows a short message; failures stay until closed, the rest leave after six seconds */
export function useToast(): (message: ToastMessage) => void {
  return use(ToastContext)
}

interface ShownToast extends ToastMessage {
  readonly key: number
}

/** Holds the one polite live region of the page. */
export function ToastProvider({ children }: { children: ReactNode }) {
  const [toasts, setToasts] = useState<readonly ShownToast[]>([])
  const close = useCallback((key: number) => setToasts((shown) => shown.filter((toast) => toast.key !== key)), [])
  const counter = useMemo(() => ({ last: 0 }), [])
  const show = useCallback(
    (message: ToastMessage) => {
      counter.last += 1
      const key = counter.last
      setToasts((shown) => [...shown.slice(-3), { ...message, key }])
      if (message.status !== 'Failed') window.setTimeout(() => close(key), 6000)
    },
    [close, counter],
  )
  return (
    <ToastContext value={show}>
      {children}
      <section className={styles.toasts} aria-live="polite" aria-label="Messages">
        {toasts.map((toast) => (
          <div key={toast.key} className={styles.toast}>
            <StatusMark status={toast.status ?? 'Succeeded'} />
            <span>{toast.text}</span>
            {toast.action && (
              <button
                type="button"
                className={styles.toastAction}
                onClick={() => {
                  toast.action?.perform()
                  close(toast.key)
                }}
              >
                {toast.action.label}
              </button>
            )}
            <button type="button" className={styles.toastClose} aria-label="Close message" onClick={() => close(toast.key)}>
              <X aria-hidden="true" />
            </button>
          </div>
        ))}
      </section>
    </ToastContext>
  )
}
