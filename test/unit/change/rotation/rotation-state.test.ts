import { expect, test } from 'vitest'
import {
  entered,
  isOver,
  markOf,
  parseState,
  phases,
  type RotationState,
} from '../../../../scripts/change/rotation/rotation-state.ts'
import { withValue } from '../../../helpers/values.ts'

const state: RotationState = {
  version: 1,
  id: '14a6a3ec00b4',
  name: 'api.mail',
  phase: 'added',
  begunAt: '2026-11-05T10:00:00.000Z',
  since: '2026-11-05T10:00:01.000Z',
  variables: ['USER'],
  remotes: [{ name: 'user', id: 'x', earlier: [1, 2], added: 3 }],
  restartAt: '2026-11-05T10:00:02.000Z',
  probe: true,
}

test('every state is read as it was written', () => {
  for (const phase of phases) {
    const { restartAt: _, probe: __, ...without } = { ...state, phase }
    for (const one of [{ ...state, phase }, without, { ...state, remotes: [{ name: 'user', id: 'x', earlier: [1] }] }])
      expect(parseState(JSON.parse(JSON.stringify(one)))).toEqual(one)
  }
})

test.each([
  ['another version', 'version', 2],
  ['no id', 'id', undefined],
  ['an unknown phase', 'phase', 'pending'],
  ['no time', 'since', 7],
  ['variables that are none', 'variables', [1]],
  ['remote secrets that are none', 'remotes', [{}]],
  ['a remote secret without a way back', 'remotes.0.earlier', []],
  ['a revision that is not a number', 'remotes.0.added', 'x'],
  ['a mark that is malformed', 'restartAt', 1],
  ['a probe with its text', 'probe', 'curl'],
])('%s is not a state', (_, place, value) => {
  expect(parseState(withValue(structuredClone(state) as never, place, value))).toBe(undefined)
})

test.each([[null], ['text'], [[]], [{}]])('%j is not a state', (json) => {
  expect(parseState(json)).toBe(undefined)
})

test('a rotation in another phase is the same one, from now on', () => {
  const next = entered(state, 'delivered', { restartAt: 'x' })
  expect(next).toMatchObject({ id: state.id, begunAt: state.begunAt, phase: 'delivered', restartAt: 'x' })
  expect(Date.parse(next.since)).toBeGreaterThan(Date.parse(state.since))
  expect(markOf(next)).toBe(markOf(state))
})

test('a rotation is over once its old versions are disabled', () => {
  expect(phases.filter((phase) => isOver({ ...state, phase }))).toEqual(['disabled', 'deleting'])
})
