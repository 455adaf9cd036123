import { afterAll, beforeAll, expect, test } from 'vitest'
import { createClient, type KubernetesClient } from '../../scripts/kubernetes/client.ts'
import { fieldChanges } from '../../scripts/kubernetes/difference.ts'
import { type KubernetesObject, kinds } from '../../scripts/kubernetes/kinds.ts'
import type { ControlPlane } from '../../scripts/local/stack/control-plane.ts'
import { resolve } from '../../scripts/model/resolve.ts'
import type { Application } from '../../scripts/model/types.ts'
import { byArgoCd } from '../fixtures/delivered.ts'
import { kiosk } from '../fixtures/kiosk.ts'
import { secret } from '../helpers/applications.ts'
import { chartOf, helm4, manifestsOf } from '../helpers/chart.ts'
import { eventually } from '../helpers/eventually.ts'
import { requiredTarget } from '../helpers/targets.ts'
import { startAdmissionControlPlane, untilJudged, verdict } from './admission-world.ts'
import { argoCdManager, type RenderedObject, requiredKind, syncAsArgoCd, trackedByArgoCd } from './engines.ts'

let controlPlane: ControlPlane
let client: KubernetesClient

beforeAll(async () => {
  controlPlane = await startAdmissionControlPlane()
  client = createClient(controlPlane)
})
afterAll(async () => {
  client?.[Symbol.dispose]()
  await controlPlane?.[Symbol.asyncDispose]()
})

const model = resolve(byArgoCd, 'production')

/** What Argo CD renders of the environment `production`: `helm template`, with what it adds to each object by default. */
async function rendered(application: Application): Promise<RenderedObject[]> {
  const { chart, values } = await chartOf(application)
  const { namespace } = model.release
  return trackedByArgoCd(await manifestsOf(helm4, chart, values('production'), '--namespace', namespace), model)
}

/** One more secret in the tier `web`. */
function withOneMore({ catalogue, environments }: Application): Application {
  const more = secret({ tier: 'web', variable: 'ONE_MORE' })
  return { catalogue: { ...catalogue, secrets: [...catalogue.secrets, more] }, environments }
}

const sync = (manifests: readonly KubernetesObject[]) => syncAsArgoCd(client, manifests, model)

const apply = (manifest: KubernetesObject) =>
  client.apply(requiredKind(manifest), manifest.metadata, manifest, { fieldManager: argoCdManager })

/** What Argo CD calls a difference: how the object that is there differs from what applying would make of it. */
async function difference(manifest: KubernetesObject): Promise<readonly string[]> {
  const kind = requiredKind(manifest)
  const without = ({ metadata, ...rest }: KubernetesObject) => {
    const { managedFields: _, resourceVersion: __, generation: ___, ...kept } = metadata
    return { ...rest, metadata: kept }
  }
  const live = await client.get(kind, manifest.metadata)
  if (!live) return ['missing']
  const predicted = await client.tryApply(kind, manifest.metadata, manifest, {
    fieldManager: argoCdManager,
  })
  return fieldChanges(without(live), without(predicted)).map(({ path }) => path)
}

test('Argo CD applies the chart in the order of its waves, and finds no difference then, with the policies at work', async () => {
  const manifests = await rendered(byArgoCd)
  await sync(manifests)
  // The tier of optional secrets alone has no target that the probe knows.
  await untilJudged(client, { ...model, tiers: model.tiers.filter((tier) => requiredTarget(tier) !== undefined) })
  await sync(manifests)
  for (const manifest of manifests) expect(await difference(manifest), manifest.kind).toEqual([])
})

test('what the API server fills in is in what is rendered, so that a comparison of texts shows no difference either', async () => {
  for (const manifest of await rendered(byArgoCd)) {
    if (!manifest.apiVersion.startsWith('admissionregistration') && !manifest.apiVersion.startsWith('external-secrets'))
      continue
    const live = (await client.get(requiredKind(manifest), manifest.metadata)) as RenderedObject | undefined
    expect(
      fieldChanges(manifest.spec, live?.spec).map(({ path }) => path),
      manifest.metadata.name,
    ).toEqual([])
  }
})

test('a secret more is a difference, though the boundary that is replaced first refuses it to everybody else', async () => {
  const manifests = await rendered(withOneMore(byArgoCd))
  const grown = manifests.filter(({ kind, metadata }) => kind === 'ExternalSecret' && metadata.name === 'web-secrets')
  const [externalSecret] = grown
  if (!externalSecret) throw new Error('no ExternalSecret')
  expect(await difference(externalSecret)).toEqual(['spec.data[ONE_MORE]', 'spec.target.template.data.ONE_MORE'])

  const { metadata } = externalSecret
  const others = client.tryApply(kinds.externalSecret, metadata, externalSecret, {
    fieldManager: 'helm',
  })
  expect(await verdict(others)).toContain('(EXTERNAL_SECRET_SIZE)')
  expect(await verdict(apply(externalSecret))).toContain('(EXTERNAL_SECRET_SIZE)')

  // The boundary is in an earlier wave. The API server needs a moment to notice it, as between two waves of Argo CD.
  await eventually(
    () => verdict(sync(manifests)),
    (said) => said === 'allowed',
  )
  for (const manifest of manifests) expect(await difference(manifest), manifest.kind).toEqual([])
})

test('without Argo CD in the values, nobody who compares is let pass', async () => {
  const manifests = await rendered(kiosk)
  for (const manifest of manifests.filter(({ kind }) => kind.startsWith('ValidatingAdmission'))) await apply(manifest)
  const store = (await rendered(byArgoCd)).find(({ kind }) => kind === 'SecretStore')
  if (!store) throw new Error('no store')
  const foreign = JSON.parse(
    JSON.stringify(store).replace(/"projectId":"[^"]+"/, '"projectId":"x"'),
  ) as KubernetesObject
  const compare = () =>
    verdict(client.tryApply(kinds.secretStore, foreign.metadata, foreign, { fieldManager: argoCdManager }))
  await eventually(compare, (said) => said.includes('(STORE_PROJECT)'))
})
