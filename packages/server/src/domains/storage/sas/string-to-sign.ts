import type { SignedRequest } from '../../../kernel/http/index.ts'

/**
 * The texts that shared access signatures sign, exactly Azure's, by version; pure.
 * @see https://learn.microsoft.com/rest/api/storageservices/create-service-sas
 */

type Query = Pick<URLSearchParams, 'get'>

const textOf = (query: Query, name: string): string => query.get(name) ?? ''
const all = (query: Query, names: readonly string[]): string[] => names.map((name) => textOf(query, name))
const responseHeaders = ['rscc', 'rscd', 'rsce', 'rscl', 'rsct']

/** `/blob/{account}/{container}[/{name}]`, decoded. */
export function canonicalName(account: string, container: string, name: string): string {
  return `/blob/${account}/${container}${name === '' ? '' : `/${name}`}`
}

/** A service signature, made with the key of the account. */
export function serviceSasText(query: Query, canonical: string): string {
  const version = textOf(query, 'sv')
  const head = [...all(query, ['sp', 'st', 'se']), canonical, ...all(query, ['si', 'sip', 'spr', 'sv'])]
  if (version < '2018-11-09') return [...head, ...all(query, responseHeaders)].join('\n')
  const scope = version < '2020-12-06' ? [] : [textOf(query, 'ses')]
  return [...head, textOf(query, 'sr'), timeOf(query), ...scope, ...all(query, responseHeaders)].join('\n')
}

/** A signature made with a user delegation key. */
export function delegationSasText(query: Query, canonical: string, headers: SignedRequest['headers']): string {
  const version = textOf(query, 'sv')
  const key = ['skoid', 'sktid', 'skt', 'ske', 'sks', 'skv']
  const agents = version < '2020-02-10' ? [] : ['saoid', 'suoid', 'scid']
  const users = version < '2025-07-05' ? [] : ['skdutid', 'sduoid']
  const scope = version < '2020-12-06' ? [] : [textOf(query, 'ses')]
  const parts = version < '2026-04-06' ? [] : [headersText(query, headers), parametersText(query)]
  return [
    ...all(query, ['sp', 'st', 'se']),
    canonical,
    ...all(query, [...key, ...agents, ...users, 'sip', 'spr', 'sv', 'sr']),
    timeOf(query),
    ...scope,
    ...parts,
    ...all(query, responseHeaders),
  ].join('\n')
}

/** A signature for a whole account. */
export function accountSasText(query: Query, account: string): string {
  const members = ['sp', 'ss', 'srt', 'st', 'se', 'sip', 'spr', 'sv']
  const scope = textOf(query, 'sv') < '2020-12-06' ? [] : [textOf(query, 'ses')]
  return [account, ...all(query, members), ...scope, ''].join('\n')
}

function timeOf(query: Query): string {
  return textOf(query, 'sr') === 'bs' ? textOf(query, 'snapshot') : ''
}

function headersText(query: Query, headers: SignedRequest['headers']): string {
  return names(query.get('srh'))
    .map((name) => `${name}:${String(headers[name.toLowerCase()] ?? '')}\n`)
    .join('')
}

function parametersText(query: Query): string {
  return names(query.get('srq'))
    .map((name) => `\n${name}:${textOf(query, name)}`)
    .join('')
}

function names(list: string | null): string[] {
  return list === null || list === '' ? [] : list.split(',')
}
