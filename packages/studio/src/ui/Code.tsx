import { Check, Copy } from 'lucide-react'
import { useState, type ReactNode } from 'react'
import { useCopy } from './clipboard.ts'
import styles from './Code.module.css'
import { cx } from './cx.ts'
import { tokenizeJson, toYaml } from './source-text.ts'
import { TabButtons } from './Tabs.tsx'

/** Copies `text`; says so for two seconds. */
export function CopyButton({ text, label = 'Copy' }: { text: string; label?: string }) {
  const { isCopied, copy } = useCopy()
  return (
    <button type="button" className={styles.copy} onClick={() => copy(text)}>
      {isCopied ? <Check aria-hidden="true" /> : <Copy aria-hidden="true" />}
      <span aria-live="polite">{isCopied ? 'Copied' : label}</span>
    </button>
  )
}

/** An identifier in monospace; a click copies it. Long ones are cut in the middle of the layout, never in the copy. */
export function CopyableId({ id, shown }: { id: string; shown?: string }) {
  const { isCopied, copy } = useCopy()
  return (
    <button type="button" className={styles.id} onClick={() => copy(id)} title={`Copy ${id}`}>
      <span>{shown ?? id}</span>
      {isCopied ? <Check aria-hidden="true" /> : <Copy aria-hidden="true" />}
      <span className="visually-hidden" aria-live="polite">
        {isCopied ? 'Copied' : ''}
      </span>
    </button>
  )
}

/** A block of code with a copy button; long lines scroll inside it. */
export function CodeBlock({ code, label, children }: { code: string; label: string; children?: ReactNode }) {
  return (
    <figure className={styles.block} aria-label={label}>
      {/* The scrolling region takes the focus, so that the arrow keys can move it. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre tabIndex={0}>
        <code>{children ?? code}</code>
      </pre>
      <CopyButton text={code} />
    </figure>
  )
}

/** The resource as the API gives it, as JSON or YAML. */
export function SourceView({ value, label }: { value: unknown; label: string }) {
  const [form, setForm] = useState('json')
  const text = form === 'json' ? JSON.stringify(value, undefined, 2) : toYaml(value)
  return (
    <div className={styles.source}>
      <TabButtons
        label="Format"
        tabs={[
          { id: 'json', label: 'JSON' },
          { id: 'yaml', label: 'YAML' },
        ]}
        active={form}
        onChange={setForm}
      />
      <CodeBlock code={text} label={label}>
        {form === 'json' ? <JsonTokens json={text} /> : text}
      </CodeBlock>
    </div>
  )
}

function JsonTokens({ json }: { json: string }) {
  return tokenizeJson(json).map((token) => (
    <span key={token.offset} className={token.kind === 'plain' ? undefined : styles[token.kind]}>
      {token.text}
    </span>
  ))
}

export interface SameByProps {
  /** Left out where the command line has no verb for it. */
  readonly cli?: string
  /** Python; left out where there is no client for it. */
  readonly sdk?: string
  readonly curl: string
}

/** The same view or action from a terminal: every screen can be scripted. */
export function SameBy({ cli, sdk, curl }: SameByProps) {
  const [chosen, setWay] = useState('cli')
  const way = chosen === 'cli' && !cli ? 'curl' : chosen
  const code = (way === 'cli' ? cli : way === 'sdk' ? sdk : undefined) ?? curl
  return (
    <div className={cx(styles.source, styles.sameBy)}>
      <TabButtons
        label="Same by"
        tabs={[
          ...(cli ? [{ id: 'cli', label: 'CLI' }] : []),
          ...(sdk ? [{ id: 'sdk', label: 'Python SDK' }] : []),
          { id: 'curl', label: 'curl' },
        ]}
        active={way}
        onChange={setWay}
      />
      <CodeBlock code={code} label={`The same by ${way}`} />
    </div>
  )
}
