import { expect, it } from 'vitest'
import { isAffected, parseLiveEvent } from './live-events.ts'
import { missingPermission } from './missing-permission.ts'
import { parseSearch, printSearch } from './search-state.ts'

const job = '/subscriptions/s/resourceGroups/rg/providers/P/workspaces/w/jobs/fox'

it('touches the resource, what hangs below it, and the list it stands in', () => {
  expect(isAffected(['arm', job.toUpperCase(), {}], job)).toBe(true)
  expect(isAffected(['arm', `${job}/services/x`], job)).toBe(true)
  expect(isAffected(['arm', '/subscriptions/s/resourceGroups/rg/providers/P/workspaces/w/jobs', {}], job)).toBe(true)
})

it('touches lists that gather one type from all resource groups', () => {
  const release = '/subscriptions/s/resourceGroups/shrd/providers/Fulcrum.Delivery/releases/churn-1'
  expect(isAffected(['arm-type', 'fulcrum.delivery/releases'], release)).toBe(true)
  expect(isAffected(['arm-type', 'Fulcrum.Delivery/releases'], `${release}/evidence/e`)).toBe(true)
  expect(isAffected(['arm-type', 'Fulcrum.Delivery/rollouts'], release)).toBe(false)
})

it('leaves others alone', () => {
  expect(isAffected(['arm', `${job}-2`], job)).toBe(false)
  expect(isAffected(['arm', '/subscriptions/s/resourceGroups/rg/providers/P/workspaces/w/models', {}], job)).toBe(false)
  expect(isAffected(['session'], job)).toBe(false)
  expect(isAffected(['arm', '/subscriptions'], job)).toBe(false)
})

it('reads events and refuses the rest', () => {
  expect(parseLiveEvent('{"sequence":4,"subject":"/a"}')).toMatchObject({ sequence: 4 })
  expect(parseLiveEvent('{"sequence":"4"}')).toBeUndefined()
  expect(parseLiveEvent('ping')).toBeUndefined()
})

it('prints search parameters as plain text and reads them back', () => {
  const search = { q: 'a b&c', step: '5' }
  expect(parseSearch(printSearch(search))).toEqual(search)
  expect(printSearch({ q: '', step: undefined })).toBe('')
})

it('finds action and scope in a denial', () => {
  const message = "The client 'x' does not have authorization to perform action 'M/jobs/write' over scope '/subscriptions/s'."
  expect(missingPermission({ message, target: undefined })).toEqual({ action: 'M/jobs/write', scope: '/subscriptions/s' })
})
