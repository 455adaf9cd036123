import { expect, test } from 'vitest'
import type { MigrationContext } from '../../../../scripts/change/migration/migration-context.ts'
import type { MigrationJournal, MigrationState } from '../../../../scripts/change/migration/migration-state.ts'
import { deployStep } from '../../../../scripts/change/migration/steps/deploy.ts'
import { KubernetesError } from '../../../../scripts/kubernetes/errors.ts'
import type { SecretObject } from '../../../../scripts/kubernetes/kinds.ts'
import { problemOf } from '../../../helpers/problems.ts'

const began: MigrationState = { version: 1, legacy: 'shop/shop', assign: {}, leave: [], done: {} }

interface Revision {
  readonly revision: number
  readonly status: string
  readonly run?: string
}

/**
 * A release of one revision, and a migration that notes and deploys.
 *
 * @param lives its Helm is alive, and ends once its record was looked at so often
 */
function migration(records: readonly Revision[], state: Partial<MigrationState> = {}, lives = Number.NaN) {
  let stored = records.map(({ revision, status, run }): SecretObject => {
    const labels = { version: String(revision), status, ...(run === undefined ? {} : { 'tiered-secrets/run': run }) }
    return { metadata: { name: `v${revision}`, uid: `u${revision}`, resourceVersion: '1', labels } }
  })
  let looks = 0
  const done: string[] = []
  const client = {
    list: async () => {
      const items = stored
      if (++looks === lives)
        stored = stored.map(({ metadata }) => {
          const labels = { ...metadata.labels, status: 'deployed' }
          return { metadata: { ...metadata, resourceVersion: '2', labels } }
        })
      return { items, resourceVersion: '1' }
    },
    async delete(
      _kind: unknown,
      { name }: { name: string },
      _signal: unknown,
      only: { readonly uid?: string; readonly resourceVersion?: string },
    ) {
      const found = stored.find(({ metadata }) => metadata.name === name)?.metadata
      if (found?.uid !== only.uid || found?.resourceVersion !== only.resourceVersion)
        throw new KubernetesError('DELETE', 409, 'Conflict', 'changed')
      stored = stored.filter(({ metadata }) => metadata.name !== name)
      done.push(`deleted ${name}`)
      return true
    },
  }
  const journal = {
    state: { ...began, ...state },
    async note({ helm }: Partial<MigrationState>) {
      journal.state = { ...journal.state, ...(helm ? { helm } : {}) }
      done.push(`noted revision ${helm?.revision}`)
    },
  }
  const context = {
    client,
    model: { environment: 'dev', release: { namespace: 'shop-secrets', name: 'shop-secrets' } },
    signal: new AbortController().signal,
    waits: { pendingMs: 5 },
    log: () => undefined,
    deploy: async (_signal: AbortSignal, labels: Readonly<Record<string, string>>) => {
      done.push(`deployed as run ${labels['tiered-secrets/run'] === journal.state.helm?.run ? 'noted' : 'unknown'}`)
    },
  } as unknown as MigrationContext
  return { done, act: () => deployStep.act?.(context, {} as never, journal as unknown as MigrationJournal) }
}

const helm = { revision: 3, run: 'abc' }

test('a release that is not pending is upgraded, and which revision that will be is noted first', async () => {
  const { act, done } = migration([
    { revision: 1, status: 'superseded' },
    { revision: 2, status: 'deployed' },
  ])
  await act()
  expect(done).toEqual(['noted revision 3', 'deployed as run noted'])
})

test('what never was installed gets its first revision', async () => {
  const { act, done } = migration([])
  await act()
  expect(done).toEqual(['noted revision 1', 'deployed as run noted'])
})

test('a revision that a killed run of ours left pending is deleted', async () => {
  const { act, done } = migration([{ revision: 3, status: 'pending-upgrade', run: 'abc' }], { helm })
  await act()
  expect(done).toEqual(['deleted v3', 'noted revision 1', 'deployed as run noted'])
})

test.each<[string, Revision, Partial<MigrationState>]>([
  ['of somebody else, before we ever deployed', { revision: 3, status: 'pending-upgrade' }, {}],
  [
    'of somebody else, after our run was killed before its Helm began',
    { revision: 3, status: 'pending-upgrade' },
    { helm },
  ],
  ['that followed ours and has its label', { revision: 4, status: 'pending-upgrade', run: 'abc' }, { helm }],
  ['of another run', { revision: 3, status: 'pending-upgrade', run: 'def' }, { helm }],
  [
    'that an earlier version of ours may have left',
    { revision: 3, status: 'pending-upgrade' },
    { deploying: '2026-11-01T00:00:00Z' },
  ],
])('a pending revision %s is reported, and not touched', async (_what, revision, state) => {
  const { act, done } = migration([revision], state)
  expect(await problemOf(Promise.resolve(act()))).toMatchObject({ code: 'RELEASE_PENDING' })
  expect(done).toEqual([])
})

test('one whose Helm ends just when it would be deleted is kept', async () => {
  const { act, done } = migration([{ revision: 3, status: 'pending-upgrade', run: 'abc' }], { helm }, 2)
  await act()
  expect(done).toEqual(['noted revision 4', 'deployed as run noted'])
})
