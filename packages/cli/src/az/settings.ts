import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CliEnvironment } from '../environment.ts'

/** Sections of `config`, e.g. `defaults` → `group` → `rg`. */
export type Sections = Record<string, Record<string, string>>

/** Who `az login` signed in; absent as long as nobody used it: then the session of `fulcrum login` or of the running instance counts. */
export interface SignIn {
  readonly isSignedOut?: boolean
  readonly apiUrl?: string
  readonly token?: string
  readonly user?: { readonly name: string; readonly type: 'user' | 'servicePrincipal' }
  readonly subscriptionId?: string
}

/** What `az` remembers: `config` in the form of the original (INI), and the sign-in, readable by its owner only. */
export class Settings {
  readonly directory: string
  readonly #env: NodeJS.ProcessEnv

  constructor(environment: CliEnvironment) {
    this.#env = environment.inherited
    this.directory = this.#env['AZURE_CONFIG_DIR'] || join(environment.dataDirectory, 'az')
  }

  /** A setting: `AZURE_<SECTION>_<NAME>` of the environment, else the file. */
  get(section: string, name: string): string | undefined {
    return this.#env[`AZURE_${section}_${name}`.toUpperCase()] || this.sections()[section]?.[name]
  }

  sections(): Sections {
    const sections: Sections = {}
    let current: Record<string, string> = {}
    for (const line of this.#read('config').split('\n')) {
      const [, section] = /^\s*\[([^\]]+)\]/.exec(line) ?? []
      const [, key, value] = /^\s*([^#;=\s][^=]*?)\s*=\s*(.*?)\s*$/.exec(line) ?? []
      if (section !== undefined) current = sections[section] ??= {}
      else if (key !== undefined) current[key] = value ?? ''
    }
    return sections
  }

  /** Sets values; an empty one removes its key. */
  set(section: string, values: Readonly<Record<string, string>>): void {
    const sections = this.sections()
    const target = (sections[section] ??= {})
    for (const [key, value] of Object.entries(values)) {
      if (value === '') delete target[key]
      else target[key] = value
    }
    const text = Object.entries(sections)
      .filter(([, entries]) => Object.keys(entries).length > 0)
      .map(
        ([name, entries]) =>
          `[${name}]\n${Object.entries(entries)
            .map(([key, value]) => `${key} = ${value}\n`)
            .join('')}\n`,
      )
    this.#write('config', text.join(''))
  }

  signIn(): SignIn {
    const text = this.#read('sign-in.json')
    return text === '' ? {} : (JSON.parse(text) as SignIn)
  }

  rememberSignIn(signIn: SignIn): void {
    this.#write('sign-in.json', `${JSON.stringify(signIn, undefined, 2)}\n`)
  }

  forgetSignIn(): void {
    rmSync(join(this.directory, 'sign-in.json'), { force: true })
  }

  #read(name: string): string {
    try {
      return readFileSync(join(this.directory, name), 'utf8')
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ''
      throw error
    }
  }

  #write(name: string, text: string): void {
    mkdirSync(this.directory, { recursive: true, mode: 0o700 })
    writeFileSync(join(this.directory, name), text, { mode: 0o600 })
  }
}
