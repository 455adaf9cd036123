import { expect, test } from 'vitest'
import type { Facts } from '../../../../scripts/change/migration/gather-facts.ts'
import type { HandMade } from '../../../../scripts/change/migration/hand-made.ts'
import type { MigrationContext } from '../../../../scripts/change/migration/migration-context.ts'
import { takeOverStep } from '../../../../scripts/change/migration/steps/take-over.ts'
import type { SecretObject } from '../../../../scripts/kubernetes/kinds.ts'
import { resolve } from '../../../../scripts/model/resolve.ts'
import type { TargetType } from '../../../../scripts/model/target-types.ts'
import { applicationWith } from '../../../helpers/applications.ts'

/** How the step stands when the target of tier `api` was made by hand like this, and the catalogue has no value to compare. */
async function look(parts: Partial<SecretObject>, { type = 'Opaque' as TargetType, copied = [] as string[] } = {}) {
  const [tier] = resolve(applicationWith({ secrets: [{}] }), 'dev').tiers
  const [target] = tier?.externalSecrets ?? []
  if (!tier || !target) throw new Error('no target')
  const ref = { namespace: tier.namespace, name: target.name }
  const secret: SecretObject = { metadata: { ...ref }, ...parts }
  const made: HandMade = { tier, target: { ...target, type, data: [], bundles: [] } as never, ref, secret }
  const copy = { metadata: { name: 'copy' }, data: Object.fromEntries(copied.map((key) => [key, 'eA=='])) }
  const context = {
    ...{ choices: { leave: [], replace: false }, digest: String },
    account: {},
    client: {
      get: async () => (copied.length > 0 ? copy : undefined),
      list: async () => ({ items: [] }),
    },
  } as unknown as MigrationContext
  const facts = { handMade: async () => [made], plan: async () => ({ values: new Map() }) } as unknown as Facts
  const { state, problems = [] } = await takeOverStep.look(context, facts, { leave: [] } as never)
  return { state, problems: problems.map(({ code, fix, severity = 'error' }) => ({ code, fix, severity })) }
}

test('a target made by hand has the right type when the catalogue says the same', async () => {
  expect(await look({ type: 'kubernetes.io/tls' }, { type: 'kubernetes.io/tls' })).toMatchObject({ state: 'done' })
  expect(await look({ type: 'Opaque' }, { type: 'kubernetes.io/tls' })).toMatchObject({
    state: 'blocked',
    problems: [{ code: 'TARGET_TYPE_DIFFERS' }],
  })
  expect(await look({ type: 'kubernetes.io/tls' })).toMatchObject({ problems: [{ code: 'TARGET_TYPE_DIFFERS' }] })
  expect(await look({})).toMatchObject({ state: 'done' })
})

test('what only a target made by hand holds is copied before anybody has to delete it', async () => {
  const fixed = { immutable: true, data: { EXTRA: 'eA==' } }
  expect(await look(fixed)).toMatchObject({
    state: 'todo',
    problems: [{ code: 'TARGET_IMMUTABLE', severity: 'warning', fix: expect.stringContaining('EXTRA copied to ') }],
  })
  expect(await look(fixed, { copied: ['EXTRA'] })).toMatchObject({
    state: 'blocked',
    problems: [{ code: 'TARGET_IMMUTABLE', severity: 'error', fix: expect.not.stringContaining('EXTRA') }],
  })
})
