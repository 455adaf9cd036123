import { describe, expect, test } from 'vitest'
import { checkManifests } from '../../scripts/chart/policy/index.ts'
import { externalSecretSpec } from '../../scripts/cluster/expected-spec.ts'
import { resolve } from '../../scripts/model/resolve.ts'
import type { RestartMode } from '../../scripts/model/types.ts'
import { applicationWith, environment } from '../helpers/applications.ts'
import { chartOf, helm4, helms, manifestsOf } from '../helpers/chart.ts'

const mail = { identity: 'mail', layout: 'bundle' as const }
const modes: Readonly<Record<string, RestartMode | undefined>> = {
  none: undefined,
  checksum: 'checksum',
  reloader: 'reloader',
}
const application = applicationWith({
  secrets: [{}, { variable: 'USER', ...mail }, { variable: 'EXTRA', optional: true }],
  environments: Object.fromEntries(
    Object.entries(modes).map(([name, restart]) => {
      const projectId = `6c1f0a4e-93b7-4d25-8e0f-b2a97c53d${100 + Object.keys(modes).indexOf(name)}`
      return [name, environment({ kubeContext: name, projectId, ...(restart ? { restart } : {}) } as object)]
    }),
  ),
})
const { chart, values } = await chartOf(application)

interface Target {
  readonly template: { readonly metadata: { readonly annotations?: unknown } }
}

describe.each(helms)('%s', (_, helm) => {
  test.each(Object.keys(modes))('restart %s: each target carries what Reloader looks for, or nothing', async (name) => {
    const manifests = await manifestsOf(helm, chart, values(name), '--namespace', 'shop-secrets')
    const targets = manifests
      .filter(({ kind }) => kind === 'ExternalSecret')
      .map(({ spec }) => (spec as unknown as { target: Target }).target)
    const expected = name === 'reloader' ? { 'reloader.stakater.com/match': 'true' } : undefined
    expect(targets.map(({ template }) => template.metadata.annotations)).toEqual([expected, expected])
    const model = resolve(application, name)
    const [tier] = model.tiers
    if (!tier) throw new Error('no tier')
    const specs = manifests.filter(({ kind }) => kind === 'ExternalSecret').map(({ spec }) => spec)
    for (const one of tier.externalSecrets) expect(specs).toContainEqual(externalSecretSpec(model, tier, one))
    expect(checkManifests(manifests, model)).toEqual([])
  })
})

test('values of another environment, with Reloader or without, are reported by the rules', async () => {
  const told = async (rendered: string, wanted: string) => {
    const manifests = await manifestsOf(helm4, chart, values(rendered), '--namespace', 'shop-secrets')
    const model = { ...resolve(application, rendered), restart: modes[wanted] }
    return checkManifests(manifests, model).map(({ code }) => code)
  }
  expect(await told('none', 'reloader')).toEqual(['EXTERNAL_SECRET_DIFFERS', 'EXTERNAL_SECRET_DIFFERS'])
  expect(await told('reloader', 'checksum')).toEqual(['EXTERNAL_SECRET_DIFFERS', 'EXTERNAL_SECRET_DIFFERS'])
  expect(await told('none', 'checksum')).toEqual([])
})
