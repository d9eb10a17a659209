import { Link } from '../ui/Link.tsx'
import { nounPath, nouns, type Noun } from './nouns.ts'
import styles from './shell.module.css'

const groups: readonly (readonly [Noun['group'], string | undefined])[] = [
  ['top', undefined],
  ['build', 'Build'],
  ['deliver', 'Deliver'],
  ['govern', 'Govern'],
]

/** The sections, by noun. */
export function Rail({ path, workspacePath }: { path: string; workspacePath: string | undefined }) {
  return (
    <nav className={styles.rail} aria-label="Sections">
      <Link href="/home" look="bare" className={styles.brand}>
        <Logo />
        Fulcrum
      </Link>
      {groups.map(([group, label]) => (
        <div key={group} className={styles.railGroup}>
          {label && <h2>{label}</h2>}
          <ul>
            {nouns
              .filter((noun) => noun.group === group)
              .map((noun) => {
                const href = nounPath(noun, workspacePath)
                const isHere = href !== undefined && (path === href || path.startsWith(`${href}/`))
                return (
                  <li key={noun.id}>
                    {href ? (
                      <Link href={href} look="bare" className={styles.railLink} aria-current={isHere ? 'page' : undefined}>
                        <noun.icon aria-hidden="true" />
                        {noun.label}
                      </Link>
                    ) : (
                      <span className={styles.railLink} aria-disabled="true" title="There is no workspace yet">
                        <noun.icon aria-hidden="true" />
                        {noun.label}
                      </span>
                    )}
                  </li>
                )
              })}
          </ul>
        </div>
      ))}
    </nav>
  )
}

/** A lever on its fulcrum. */
export function Logo({ size = 22 }: { size?: number }) {
  return (
    <svg viewBox="0 0 32 32" width={size} height={size} aria-hidden="true" className={styles.logo}>
      <rect width="32" height="32" rx="8" />
      <path d="M5.5 15.2 26 8.6" className={styles.lever} />
      <path d="M16 14.6 22.2 25H9.8z" className={styles.wedge} />
      <circle cx="24.4" cy="6.6" r="2.6" className={styles.load} />
    </svg>
  )
}
