import { Search, X } from 'lucide-react'
import {
  useId,
  type InputHTMLAttributes,
  type ReactNode,
  type Ref,
  type SelectHTMLAttributes,
  type TextareaHTMLAttributes,
} from 'react'
import { cx } from './cx.ts'
import styles from './Field.module.css'

interface ControlProps {
  readonly id: string
  readonly 'aria-describedby': string | undefined
  readonly 'aria-invalid': true | undefined
}

export interface FieldProps {
  readonly label: string
  readonly hint?: ReactNode
  readonly error?: string | undefined
  /** Receives the attributes that tie the control to its label, hint and error. */
  children(control: ControlProps): ReactNode
}

/** Label, control, hint and error, tied together for assistive technology. */
export function Field({ label, hint, error, children }: FieldProps) {
  const id = useId()
  const noteId = `${id}-note`
  return (
    <div className={styles.field}>
      <label htmlFor={id}>{label}</label>
      {children({ id, 'aria-describedby': hint || error ? noteId : undefined, 'aria-invalid': error ? true : undefined })}
      {(error || hint) && (
        <p id={noteId} className={error ? styles.error : styles.hint}>
          {error ?? hint}
        </p>
      )}
    </div>
  )
}

export function Input({ className, ...rest }: InputHTMLAttributes<HTMLInputElement> & { ref?: Ref<HTMLInputElement> }) {
  return <input className={cx(styles.control, className)} autoComplete="off" spellCheck={false} {...rest} />
}

export function Textarea({ className, ...rest }: TextareaHTMLAttributes<HTMLTextAreaElement>) {
  return <textarea className={cx(styles.control, styles.area, className)} spellCheck={false} rows={4} {...rest} />
}

export interface SelectOption {
  readonly value: string
  readonly label: string
}

export interface SelectProps extends SelectHTMLAttributes<HTMLSelectElement> {
  readonly options: readonly SelectOption[]
  /** `s` for tool bars, where the name comes from `aria-label`. */
  readonly look?: 'm' | 's'
}

/** The platform's own list box: keyboard, touch and screen readers work as their users know them. */
export function Select({ options, look = 'm', className, ...rest }: SelectProps) {
  return (
    <select className={cx(styles.control, styles.select, look === 's' && styles.compact, className)} {...rest}>
      {options.map((option) => (
        <option key={option.value} value={option.value}>
          {option.label}
        </option>
      ))}
    </select>
  )
}

export function Switch({ label, isOn, onChange }: { label: string; isOn: boolean; onChange(isOn: boolean): void }) {
  return (
    <button type="button" role="switch" aria-checked={isOn} className={styles.switch} onClick={() => onChange(!isOn)}>
      <span className={styles.groove} aria-hidden="true" />
      {label}
    </button>
  )
}

export interface SliderProps {
  readonly label: string
  readonly value: number
  readonly min: number
  readonly max: number
  readonly step: number
  readonly unit?: string
  onChange(value: number): void
}

export function Slider({ label, value, min, max, step, unit = '', onChange }: SliderProps) {
  return (
    <label className={styles.slider}>
      <span>{label}</span>
      <input
        type="range"
        min={min}
        max={max}
        step={step}
        value={value}
        onChange={(event) => onChange(event.target.valueAsNumber)}
        aria-valuetext={`${value}${unit}`}
      />
      <output>
        {value}
        {unit}
      </output>
    </label>
  )
}

export interface SearchInputProps {
  readonly label: string
  readonly value: string
  onChange(value: string): void
  /** The page's filter: `/` puts the cursor here. */
  readonly isPageFilter?: boolean
}

/** A search field with a clear button; Escape clears it. */
export function SearchInput({ label, value, onChange, isPageFilter }: SearchInputProps) {
  return (
    <div className={styles.search} role="search">
      <Search aria-hidden="true" />
      <input
        className={styles.control}
        type="search"
        aria-label={label}
        placeholder={label}
        value={value}
        autoComplete="off"
        spellCheck={false}
        data-page-filter={isPageFilter || undefined}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return
          if (value) onChange('')
          else event.currentTarget.blur()
        }}
      />
      {value ? (
        <button type="button" aria-label="Clear" onClick={() => onChange('')}>
          <X aria-hidden="true" />
        </button>
      ) : (
        isPageFilter && <kbd aria-hidden="true">/</kbd>
      )}
    </div>
  )
}
