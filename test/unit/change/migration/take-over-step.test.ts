import { expect, test } from 'vitest'
import type { Facts } from '../../../../scripts/change/migration/gather-facts.ts'
import type { HandMade } from '../../../../scripts/change/migration/hand-made.ts'
import type { MigrationContext } from '../../../../scripts/change/migration/migration-context.ts'
import { takeOverStep } from '../../../../scripts/change/migration/steps/take-over.ts'
import type { SourcesSpec } from '../../../../scripts/cluster/pod-outline.ts'
import type { Kind, SecretObject } from '../../../../scripts/kubernetes/kinds.ts'
import { resolve } from '../../../../scripts/model/resolve.ts'
import type { TargetType } from '../../../../scripts/model/target-types.ts'
import { applicationWith } from '../../../helpers/applications.ts'

/** How the step stands when the target of tier `api` was made by hand like this, and the catalogue has no value to compare. */
async function look(
  parts: Partial<SecretObject>,
  { type = 'Opaque' as TargetType, copied = [] as string[], pods = undefined as SourcesSpec | undefined } = {},
) {
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
      kindNamed: async () => undefined,
      list: async ({ kind }: Kind) => ({
        items: pods && kind === 'Pod' ? [{ metadata: { name: 'x' }, spec: pods }] : [],
      }),
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

const target = 'api-secrets'
const copy = 'api-secrets-before-migration'
const env = (name: string) => [{ name: 'X', valueFrom: { secretKeyRef: { name, key: 'EXTRA' } } }]
const envFrom = (name: string, prefix = '') => ({ prefix, secretRef: { name } })
const mounted = (...names: string[]): SourcesSpec => ({
  containers: [{ name: 'a', volumeMounts: [{ name: 'v', mountPath: '/v' }] }],
  volumes: [{ name: 'v', projected: { sources: names.map((name) => ({ secret: { name } })) } }],
})

test.each<[string, SourcesSpec, string, SourcesSpec]>([
  [
    'a variable of its own',
    { containers: [{ name: 'a', env: env(target), envFrom: [envFrom(copy)] }] },
    `Name ${copy} in place of ${target} where its pods take EXTRA; or leave them behind: take them out of its pod template, then --leave EXTRA`,
    { containers: [{ name: 'a', env: env(copy) }] },
  ],
  [
    'all keys with a prefix',
    { containers: [{ name: 'a', envFrom: [envFrom(target, 'P_'), envFrom(copy)] }] },
    `Add \`envFrom: [{ prefix: P_, secretRef: { name: ${copy} } }]\` to container a; or leave them behind: --leave EXTRA`,
    { containers: [{ name: 'a', envFrom: [envFrom(target, 'P_'), envFrom(copy, 'P_')] }] },
  ],
  [
    'a folder',
    mounted(target),
    `Have volume v project ${copy} besides ${target}; or leave them behind: --leave EXTRA`,
    mounted(target, copy),
  ],
])('who reads a key that goes as %s is told what keeps it', async (_, pods, fix, mended) => {
  const made = { data: { EXTRA: 'eA==' } }
  const found = await look(made, { copied: ['EXTRA'], pods })
  expect(found).toEqual({ state: 'blocked', problems: [{ code: 'TARGET_KEYS_IN_USE', severity: 'error', fix }] })
  expect(await look(made, { copied: ['EXTRA'], pods: mended })).toMatchObject({ state: 'done' })
})
