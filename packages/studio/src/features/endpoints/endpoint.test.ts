import { expect, it } from 'vitest'
import { curvesOf, errorCurvesOf, exampleRequest, fieldsOf, problemOfTraffic, toRequest } from './endpoint.ts'

it('accepts splits that add up to 100 or to nothing, and says what is wrong with others', () => {
  expect(problemOfTraffic({ blue: 90, green: 10 })).toBeUndefined()
  expect(problemOfTraffic({ blue: 0 })).toBeUndefined()
  expect(problemOfTraffic({ blue: 90 })).toContain('add up to 90')
  expect(problemOfTraffic({ blue: 99.5, green: 0.5 })).toContain('whole number')
})

it('makes a row from the fields of a signature, with the types it names', () => {
  const fields = fieldsOf([
    { name: 'hour', type: 'long' },
    { name: 'carrier', type: 'string' },
    { name: 'late', type: 'boolean' },
    { type: 'tensor' },
  ])
  expect(toRequest(fields, { hour: '7', carrier: 'AA', late: 'true' })).toEqual({
    input_data: { columns: ['hour', 'carrier', 'late'], index: [0], data: [[7, 'AA', true]] },
  })
  expect(toRequest(fields, {})).toMatchObject({ input_data: { data: [[null, null, null]] } })
})

it('takes the example of the model, or makes one', () => {
  expect(exampleRequest({ inputExample: { a: 1 } })).toEqual({ a: 1 })
  expect(exampleRequest({ inputs: [{ name: 'hour', type: 'long' }] })).toEqual({
    input_data: { columns: ['hour'], index: [0], data: [[0]] },
  })
  expect(exampleRequest(null)).toEqual({ input_data: [[0]] })
})

it('draws curves by deployment in minutes before now, and errors as percent of requests', () => {
  const one = (name: string, values: number[]) => ({
    name,
    unit: 'Count',
    deployment: 'blue',
    data: values.map((value, minute) => ({ timeStamp: `2026-01-01T00:0${minute}:00Z`, value })),
  })
  const series = [one('RequestsPerMinute', [10, 0, 20]), one('RequestsPerMinute_5xx', [1, 0, 0])]
  expect(curvesOf(series, 'RequestsPerMinute')[0]?.points[0]).toEqual({ x: -2, y: 10 })
  expect(errorCurvesOf(series)[0]?.points).toEqual([
    { x: -2, y: 10 },
    { x: 0, y: 0 },
  ])
})
