import styles from './overlay.module.css'

const names: Record<string, string> = { mod: 'Ctrl', shift: '⇧', enter: '↵', escape: 'Esc' }

/** A shortcut as keycaps: `mod+k` is held together, `g j` is one after the other. */
export function Keys({ shortcut }: { shortcut: string }) {
  const keys = shortcut.split(/[ +]/)
  return (
    <span className={styles.keys}>
      {keys.map((key, position) => (
        <kbd key={`${position}-${key}`}>{names[key] ?? (key.length === 1 ? key.toUpperCase() : key)}</kbd>
      ))}
    </span>
  )
}
