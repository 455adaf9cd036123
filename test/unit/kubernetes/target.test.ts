import { expect, test } from 'vitest'
import { targetSight } from '../../../scripts/kubernetes/target.ts'

const data = { A: 'aHVudGVyMg==' }

test('the keys of a target are seen, and no value', () => {
  const sight = targetSight({ metadata: { name: 'x' }, data })
  expect(sight).toEqual({ keys: ['A'] })
  expect(targetSight({ metadata: { name: 'x' } })).toEqual({ keys: [] })
})

test('its data changed when the last of its writers changed data; a change of labels does not count', () => {
  const managedFields = [
    { manager: 'a', time: '2026-01-01T00:00:00Z', fieldsV1: { 'f:data': {}, 'f:type': {} } },
    { manager: 'b', time: '2026-01-03T00:00:00Z', fieldsV1: { 'f:data': { 'f:A': {} } } },
    { manager: 'c', time: '2026-01-05T00:00:00Z', fieldsV1: { 'f:metadata': {} } },
    { manager: 'd', fieldsV1: { 'f:data': {} } },
    { manager: 'e', time: '2026-01-07T00:00:00Z' },
  ]
  const { changedAt } = targetSight({ metadata: { name: 'x', managedFields }, data })
  expect(changedAt).toEqual(new Date('2026-01-03T00:00:00Z'))
})
