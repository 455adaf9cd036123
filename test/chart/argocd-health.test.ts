import { expect, test } from 'vitest'
import type { ExternalSecretObject } from '../../scripts/cluster/external-secrets.ts'
import type { KubernetesObject } from '../../scripts/kubernetes/kinds.ts'
import { parseYamlDocuments } from '../../scripts/lib/yaml.ts'
import { byArgoCd } from '../fixtures/delivered.ts'
import { argoCdHealth, type Health } from '../helpers/argocd.ts'
import { generatedFiles } from '../helpers/generating.ts'
import { readRecordedStates } from '../helpers/recorded-states.ts'

interface Settings {
  readonly data: Readonly<Record<string, string>>
}

const path = 'gitops/argocd/argocd-cm.yaml'
const text = (await generatedFiles(byArgoCd)).get(path) ?? ''
const [settings] = parseYamlDocuments(text, path) as readonly Settings[]
/** As Argo CD reads it from the file that is generated. */
const scriptOf = (kind: string) => settings?.data[`resource.customizations.health.external-secrets.io_${kind}`] ?? ''
const script = scriptOf('ExternalSecret')

const { externalSecrets, secretStores } = await readRecordedStates()

async function verdicts(states: typeof externalSecrets): Promise<Readonly<Record<string, Health | undefined>>> {
  const found = await argoCdHealth(script, Object.values(states))
  return Object.fromEntries(Object.keys(states).map((name, index) => [name, found[index]]))
}

const waiting = { status: 'Progressing', message: 'the operator has not read the change yet' }
const failed = { status: 'Degraded', message: 'could not get secret data from provider' }
const synced = { status: 'Healthy', message: 'secret synced' }

test('an ExternalSecret is healthy when its values have arrived', async () => {
  // The chart renders nothing that gets into the last three states: they are recorded of others.
  const ours = Object.keys(externalSecrets).map((state) => [
    state,
    changed(state, ({ metadata }) =>
      Object.assign(metadata, { labels: { 'app.kubernetes.io/name': 'tiered-secrets' } }),
    ),
  ])
  expect(await verdicts(Object.fromEntries(ours))).toEqual({
    'not looked at': { status: 'Progressing', message: 'the operator has not read it yet' },
    'first sync failed': failed,
    'store broken': failed,
    'optional and absent': synced,
    synced,
    // Its status says nothing else; `npm run wait` reads the Secret.
    'target deleted': synced,
    'edited and not yet synced again': waiting,
    'synced again': synced,
    'failing after a success': failed,
    'edited while failing': failed,
    'secret deleted': { status: 'Degraded', message: 'secret deleted due to DeletionPolicy=Delete' },
    'target missing': { status: 'Degraded', message: 'secret will not be created due to CreationPolicy=Merge' },
    'no key found': { status: 'Degraded', message: 'secret retained due to DeletionPolicy=Retain' },
  })
})

/** The same state of an ExternalSecret that is not of the chart, or whose fields are others. */
function changed(state: string, change: (copy: ExternalSecretObject & { metadata: object }) => void) {
  const copy = structuredClone(externalSecrets[state]) as ExternalSecretObject
  change(copy)
  return copy
}

test('an optional one is healthy in every state, and says why it has nothing', async () => {
  const optional = Object.fromEntries(
    Object.keys(externalSecrets).map((state) => [
      state,
      changed(state, ({ spec }) => Object.assign((spec as { target: object }).target, { deletionPolicy: 'Merge' })),
    ]),
  )
  const found = await verdicts(optional)
  for (const [state, health] of Object.entries(found)) expect(health?.status, state).toBe('Healthy')
  expect(found['store broken']?.message).toBe(
    'optional, so nothing waits for it: could not get secret data from provider',
  )
  expect(found['not looked at']?.message).toBe('optional, so nothing waits for it: the operator has not read it yet')
})

test('of ExternalSecrets of other charts it says what the check of Argo CD says', async () => {
  const foreign = Object.fromEntries(
    Object.keys(externalSecrets).map((state) => [
      state,
      changed(state, ({ metadata }) => {
        Object.assign(metadata, { labels: state === 'synced' ? { 'app.kubernetes.io/name': 'shop' } : undefined })
      }),
    ]),
  )
  expect(await verdicts(foreign)).toMatchObject({
    'not looked at': { status: 'Progressing' },
    'first sync failed': { status: 'Degraded' },
    synced: { status: 'Healthy' },
    'edited and not yet synced again': { status: 'Healthy' },
    'secret deleted': { status: 'Healthy' },
    'target missing': { status: 'Healthy' },
    'edited while failing': { status: 'Degraded' },
  })
})

test('a store holds nothing back, and what it says of itself is shown; those of other charts are as Argo CD sees them', async () => {
  const names = Object.keys(secretStores)
  const health = async (stores: readonly KubernetesObject[]) => {
    const found = await argoCdHealth(scriptOf('SecretStore'), stores)
    return Object.fromEntries(names.map((name, index) => [name, found[index]]))
  }
  const told = (message: string) => ({ status: 'Healthy', message: `only its ExternalSecrets tell: ${message}` })
  const labelled = (labels: object) =>
    Object.values(secretStores).map(({ metadata, ...rest }) => ({ ...rest, metadata: { ...metadata, labels } }))
  expect(await health(labelled({ 'app.kubernetes.io/name': 'tiered-secrets' }) as KubernetesObject[])).toEqual({
    'not looked at': told('the operator has not read it yet'),
    ready: told('store validated'),
    broken: told('unable to create client'),
    'ready with a wrong key': told('store validated'),
  })
  expect(await health(labelled({}) as KubernetesObject[])).toMatchObject({
    'not looked at': { status: 'Progressing' },
    ready: { status: 'Healthy' },
    broken: { status: 'Degraded' },
    'ready with a wrong key': { status: 'Healthy' },
  })
})

test('the settings of Argo CD get these two and nothing else', () => {
  expect(settings).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'argocd-cm' } })
  expect(Object.keys(settings?.data ?? {})).toEqual(
    ['ExternalSecret', 'SecretStore'].map((kind) => `resource.customizations.health.external-secrets.io_${kind}`),
  )
})

test.each([
  [3, '3-f24', 'Healthy'],
  [3, '30-f24', 'Progressing'],
  [30, '3-f24', 'Progressing'],
  [3, '3', 'Progressing'],
  [3, '', 'Progressing'],
  [3, undefined, 'Progressing'],
  [1234567, '1234567-f24', 'Healthy'],
  [10000000000, '10000000000-f24', 'Healthy'],
])('generation %d with the version %j is %s', async (generation, version, status) => {
  const object = changed('synced', ({ metadata, status: found }) => {
    Object.assign(metadata, { generation })
    Object.assign(found as object, { syncedResourceVersion: version })
  })
  const [health] = await argoCdHealth(script, [object])
  expect(health?.status).toBe(status)
})

test.each([
  ['no metadata but a name', { metadata: { name: 'x' } }],
  ['a status without conditions', { metadata: { name: 'x' }, status: {} }],
  [
    'conditions of another type',
    { metadata: { name: 'x' }, status: { conditions: [{ type: 'Other', status: 'True' }] } },
  ],
  ['no spec', { metadata: { name: 'x', labels: { 'app.kubernetes.io/name': 'tiered-secrets' } }, spec: undefined }],
])('an ExternalSecret with %s is still awaited, and no error', async (_, object) => {
  const [health] = await argoCdHealth(script, [object as unknown as ExternalSecretObject])
  expect(health).toEqual({ status: 'Progressing', message: 'the operator has not read it yet' })
})

test('the libraries that Argo CD keeps closed are closed here too', async () => {
  const object = externalSecrets.synced as ExternalSecretObject
  for (const closed of ['string.sub("a", 1)', 'io.open("x")', 'math.max(1)', 'debug.traceback()', '("a"):upper()']) {
    const [health] = await argoCdHealth(`return { status = "Healthy", message = ${closed} }`, [object])
    expect(health?.error, closed).toMatch(/attempt to index a non-table object/)
  }
  const [endless] = await argoCdHealth('while true do end', [object])
  expect(endless?.error).toContain('context deadline exceeded')
  const [mistyped] = await argoCdHealth('return { status = "Ready" }', [object])
  expect(mistyped?.error).toBe('invalid health status: Ready')
})
