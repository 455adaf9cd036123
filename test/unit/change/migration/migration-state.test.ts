import { describe, expect, test } from 'vitest'
import type { ClusterContext } from '../../../../scripts/change/migration/migration-context.ts'
import { journalRef, readState } from '../../../../scripts/change/migration/migration-state.ts'
import type { KubernetesClient } from '../../../../scripts/kubernetes/client.ts'
import type { KubernetesObject } from '../../../../scripts/kubernetes/kinds.ts'
import { resolve } from '../../../../scripts/model/resolve.ts'
import { applicationWith } from '../../../helpers/applications.ts'
import { problemOf } from '../../../helpers/problems.ts'

const model = resolve(applicationWith(), 'dev')
const state = {
  version: 1,
  legacy: 'shop/old',
  assign: { A: ['api'] },
  leave: ['B'],
  done: { inventory: '2026-11-26T06:00:00Z' },
}

/** What is read when the ConfigMap holds this. */
function reading(json: unknown) {
  const object = { metadata: { name: 'migrate' }, data: { 'state.json': JSON.stringify(json) } }
  const client = {
    get: async () => (json === undefined ? undefined : object) as KubernetesObject,
  } as unknown as KubernetesClient
  const legacy = { namespace: 'shop', name: 'old' }
  return readState({ model, legacy, client, signal: new AbortController().signal } as unknown as ClusterContext)
}

test('the journal is beside the Helm release', () => {
  expect(journalRef(model)).toEqual({ namespace: 'shop-secrets', name: 'migrate' })
})

test('nothing noted is a beginning', async () => {
  expect(await reading(undefined)).toEqual({ version: 1, legacy: 'shop/old', assign: {}, leave: [], done: {} })
})

test('what was noted is read again', async () => {
  const seen = { uid: 'u', resourceVersion: '7' }
  const whole = {
    ...state,
    backup: { ...seen, secret: 'migrate-backup-1', sources: { 'shop/old': seen } },
    deploying: '2026-11-26T06:00:00Z',
    helm: { revision: 3, run: 'abc' },
    deleting: { ...seen, at: '2026-11-26T06:00:00Z' },
    rolledBack: '2026-11-26T06:00:00Z',
  }
  expect(await reading(state)).toEqual(state)
  expect(await reading(whole)).toEqual(whole)
})

describe('what an unknown version has noted is not guessed at', () => {
  test.each([
    ['another version', { ...state, version: 2 }],
    ['a step that is malformed', { ...state, done: { launch: 'x' } }],
    ['choices of another form', { ...state, assign: { A: 'api' } }],
    ['a backup without its sources', { ...state, backup: { uid: 'u', resourceVersion: '7', secret: 'x' } }],
    ['a deletion without its time', { ...state, deleting: { uid: 'u', resourceVersion: '7' } }],
    ['a revision without its run', { ...state, helm: { revision: 3 } }],
    ['a list', [state]],
  ])('%s', async (_, json) => {
    expect(await problemOf(reading(json))).toMatchObject({
      code: 'JOURNAL_UNREADABLE',
      where: 'ConfigMap/shop-secrets/migrate',
    })
  })
})

test('a journal about another old Secret is not this one', async () => {
  expect(await problemOf(reading({ ...state, legacy: 'shop/older' }))).toMatchObject({
    code: 'MIGRATION_OF_OTHER_SECRET',
    message: 'is about the old Secret shop/older. Expected it to be about shop/old.',
  })
})
