import { describe, expect, test } from 'vitest'
import type { Manifest } from '../../scripts/chart/manifests.ts'
import { checkManifests } from '../../scripts/chart/policy/index.ts'
import { chartKinds } from '../../scripts/model/chart-objects.ts'
import { resolve } from '../../scripts/model/resolve.ts'
import { trackdechets } from '../fixtures/applications.ts'
import { delivered } from '../fixtures/delivered.ts'
import { kiosk } from '../fixtures/kiosk.ts'
import { chartOf, helms, manifestsOf, tryTemplate } from '../helpers/chart.ts'

const byArgoCd = await chartOf(delivered({ engine: 'argocd', repository: 'https://git.example.test/acme/kiosk.git' }))
const byCommand = await chartOf(kiosk)
/** With nearly every kind: quotas and defaults of containers too. */
const everyKind = await chartOf(trackdechets)

const namespace = ['--namespace', 'kiosk-secrets']
const wave = 'argocd.argoproj.io/sync-wave'
const options = 'argocd.argoproj.io/sync-options'

/** The order that is wanted: a kind that is named nowhere is in the wave of the stores. */
const waves: Readonly<Record<string, string>> = {
  Namespace: '-2',
  Secret: '-2',
  ValidatingAdmissionPolicy: '-1',
  ValidatingAdmissionPolicyBinding: '-1',
  ExternalSecret: '1',
}

const annotations = ({ metadata }: Manifest) => metadata.annotations ?? {}

/** Without what Argo CD reads, and what lets it compare. */
function bare(manifest: Manifest): unknown {
  const others = Object.entries(annotations(manifest)).filter(([name]) => !name.startsWith('argocd.argoproj.io/'))
  const { annotations: _, ...metadata } = manifest.metadata
  const { matchConditions, ...spec } = (manifest.spec ?? {}) as { matchConditions?: { name: string }[] }
  const conditions = matchConditions?.filter(({ name }) => name !== 'not-a-comparison-of-argo-cd')
  return {
    ...manifest,
    ...(manifest.spec ? { spec: { ...spec, ...(conditions ? { matchConditions: conditions } : {}) } } : {}),
    metadata: { ...metadata, ...(others.length > 0 ? { annotations: Object.fromEntries(others) } : {}) },
  }
}

describe.each(helms)('%s', (_, helm) => {
  test('each kind is in its wave, namespaces are never deleted, and nothing else differs', async () => {
    const manifests = await manifestsOf(helm, byArgoCd.chart, byArgoCd.values('production'), ...namespace)
    for (const manifest of manifests) {
      expect(annotations(manifest)[wave], manifest.kind).toBe(waves[manifest.kind])
      const kept = manifest.kind === 'Namespace' ? 'Prune=false,Delete=false' : undefined
      expect(annotations(manifest)[options], manifest.kind).toBe(kept)
    }
    const others = await manifestsOf(helm, byCommand.chart, byCommand.values('production'), ...namespace)
    expect(manifests.map(bare)).toEqual(others.map(bare))
    expect(others.map(bare)).toEqual(others)
    expect(JSON.stringify(others)).not.toContain('argocd.argoproj.io')
  })

  test('every kind of the chart is applied in the wanted order', async () => {
    const args = [...namespace, '--set', 'argocd.enabled=true']
    const manifests = await manifestsOf(helm, everyKind.chart, everyKind.values('production'), ...args)
    const kinds = new Set(manifests.map(({ kind }) => kind))
    const all = Object.values(chartKinds).map(({ kind }) => kind)
    expect(all.filter((kind) => !kinds.has(kind))).toEqual(['SealedSecret', 'RoleBinding'])
    const waveOf = (kind: string) => [
      ...new Set(manifests.filter((one) => one.kind === kind).map((one) => Number(annotations(one)[wave] ?? 0))),
    ]
    const order = ['Namespace', 'ValidatingAdmissionPolicyBinding', 'SecretStore', 'ExternalSecret'].map(waveOf)
    expect(order).toEqual([[-2], [-1], [0], [1]])
  })

  test('the rules of `check` find nothing wrong with it', async () => {
    const model = resolve(kiosk, 'production')
    const manifests = await manifestsOf(helm, byArgoCd.chart, byArgoCd.values('production'), ...namespace)
    expect(checkManifests(manifests, model)).toEqual([])
  })

  test('what Argo CD is told about namespaces has one place', async () => {
    const given = 'namespaces.annotations.argocd\\.argoproj\\.io/sync-options=Prune=true'
    const { exitCode, stderr } = await tryTemplate(
      helm,
      byArgoCd.chart,
      byArgoCd.values('production'),
      '--set-string',
      given,
    )
    expect(exitCode).not.toBe(0)
    expect(stderr).toMatch(/argocd\.argoproj\.io(\/|~1)sync-options/)
  })
})
