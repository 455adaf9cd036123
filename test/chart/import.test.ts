import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { applicationOf } from '../../scripts/inspect/import/draft.ts'
import { prepareDraft } from '../../scripts/inspect/import/prepare-draft.ts'
import { parseDocuments } from '../../scripts/inspect/inputs/parse-documents.ts'
import { tryRun } from '../../scripts/lib/exec.ts'
import { namesOf } from '../../scripts/model/names.ts'
import { existsIn, projectOf } from '../../scripts/model/specs.ts'
import type { Application } from '../../scripts/model/types.ts'
import { loadApplication } from '../../scripts/session/application.ts'
import { allSingle, bookshop, gallery, oneBundlePerTier, trackdechets } from '../fixtures/applications.ts'
import { chartOf, helm4, template } from '../helpers/chart.ts'
import { compiledCli } from '../helpers/cli.ts'
import { root } from '../helpers/generating.ts'
import { sharedFolder } from '../helpers/shared-folder.ts'

/** What manifests hold of an application: all but descriptions, formats, owners and the like, and workloads. */
function heldByManifests({ catalogue, environments }: Application) {
  const all = Object.keys(environments).sort()
  const [spec] = Object.values(environments)
  return {
    application: catalogue.application,
    tiers: Object.fromEntries(
      Object.keys(catalogue.tiers)
        .sort()
        .map((tier) => {
          const { podSecurity = 'restricted', quota, containerDefaults, targets } = catalogue.tiers[tier] ?? {}
          const remotePath = spec && namesOf(catalogue, tier, spec).remotePath
          return [tier, { remotePath, podSecurity, quota, containerDefaults, targets }]
        }),
    ),
    secrets: catalogue.secrets
      .map((secret) => ({
        tier: secret.tier,
        variable: secret.variable,
        target: secret.target,
        key: secret.key ?? secret.variable,
        optional: secret.optional === true,
        layout: secret.layout ?? 'single',
        remote: secret.layout === 'bundle' ? secret.identity : secret.remoteName,
        property: secret.property,
        environments: all.filter((environment) => existsIn(secret, environment)),
      }))
      .sort((a, b) => (`${a.tier} ${a.variable}` < `${b.tier} ${b.variable}` ? -1 : 1)),
    environments: Object.fromEntries(
      all.map((name) => {
        const one = environments[name] as NonNullable<(typeof environments)[string]>
        const tiers = Object.keys(catalogue.tiers).sort()
        return [
          name,
          {
            region: one.region,
            refreshInterval: one.refreshInterval,
            projects: tiers.map((tier) => projectOf(one, tier)),
            namespaces: tiers.map((tier) => namesOf(catalogue, tier, one).namespace),
          },
        ]
      }),
    ),
  }
}

describe('what the chart renders, imported again, is the same application', () => {
  test.each([
    ['trackdechets', trackdechets],
    ['bookshop', bookshop],
    ['targets of each type', gallery],
    ['one remote secret per variable', allSingle],
    ['one bundle per tier', oneBundlePerTier],
  ])('%s', async (_, application) => {
    const { chart, values } = await chartOf(application)
    const sets = await Promise.all(
      Object.keys(application.environments).map(async (environment) => {
        const parsed = parseDocuments({ path: environment, text: await template(helm4, chart, values(environment)) })
        expect(parsed.refusals).toEqual([])
        return { environment, inputs: { ...parsed, examples: [] } }
      }),
    )
    const draft = prepareDraft(sets, { application: undefined, tiers: new Map() })
    // The chart makes policies for workloads, and no workload.
    expect(draft.leftovers.filter(({ code }) => code !== 'POLICY_UNSUPPORTED')).toEqual([])
    expect(heldByManifests(applicationOf(draft))).toEqual(heldByManifests(application))
    for (const { guesses } of draft.secrets) expect(guesses).toContain('description')
  })
})

const run = (args: readonly string[], cwd: string) => tryRun(process.execPath, [compiledCli, ...args], { cwd })

describe('a draft of manifests that somebody wrote by hand', () => {
  test('is generated and checked as it is', async () => {
    const folder = await sharedFolder()
    const imported = await run(
      ['import', '--from', join(root, 'test/fixtures/takeover/two-namespaces'), '--out', '.'],
      folder,
    )
    expect(imported).toMatchObject({ exitCode: 0 })
    expect(imported.stdout).toContain('atelier: 1 environment, 2 tiers, 6 secrets')
    expect(await run(['gen-values'], folder)).toMatchObject({ exitCode: 0 })
    const checked = await run(['check'], folder)
    expect(checked).toMatchObject({
      exitCode: 0,
      stderr: expect.stringMatching(/ok {6}generated files\nok {6}chart and manifests$/),
    })

    const { catalogue } = await loadApplication({ userFolder: folder })
    expect(Object.keys(catalogue.tiers)).toEqual(['orders', 'web'])
    const again = await run(
      ['import', '--from', join(root, 'test/fixtures/takeover/two-namespaces'), '--out', '.'],
      folder,
    )
    expect(again).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('(DRAFT_EXISTS)') })
  })
})

describe('the procedure that was published for Trackdéchets', () => {
  const procedure = join(root, 'test/fixtures/takeover/procedure')

  test('is drafted, generated and checked without an edit, and each of its silent mistakes is found', async () => {
    const folder = await sharedFolder()
    const imported = await run(['import', '--from', procedure, '--out', '.'], folder)
    expect([imported.exitCode, imported.stdout]).toEqual([
      0,
      expect.stringContaining('trackdechets: 1 environment, 2 tiers, 8 secrets\n  backend: 6 secrets, 1 workload\n'),
    ])
    expect(imported.stderr).toContain('security; file')
    expect(imported.stdout).toContain(
      '    DATABASE_URL from name:trackdechets-backend/database-url to path:/trackdechets-backend/database-url\n',
    )
    expect(await run(['gen-values'], folder)).toMatchObject({ exitCode: 0 })
    expect(await run(['check'], folder)).toMatchObject({ exitCode: 0 })

    const audited = await run(['audit', '-e', 'production', '--manifests', procedure, '--output', 'json'], folder)
    const { findings } = JSON.parse(audited.stdout) as { findings: Record<'code' | 'file' | 'key', string>[] }
    const told = findings.map(({ code, file, key }) => `${code} ${file.replace(/.*procedure\//, '')} ${key}`.trimEnd())
    expect([...new Set(told)].sort()).toEqual([
      'API_NOT_SERVED external-secrets/backend.yaml v1beta1',
      'API_NOT_SERVED external-secrets/frontend.yaml v1beta1',
      'API_NOT_SERVED external-secrets/stores.yaml v1beta1',
      'BACKEND_FIELD_UNKNOWN edge/routes.yaml spec.rules[1].http.paths[0].backend.service.namespace',
      'BACKEND_UNMADE edge/routes.yaml spec.rules[1].http.paths[0].backend',
      'DNS_WITHOUT_TCP edge/routes.yaml spec.egress',
      'FILE_UNREACHED base/backend-settings.yaml',
      'IMAGE_UNMATCHED overlays/dev/kustomization.yaml trackdechets/-ui',
      'KUSTOMIZATION_MISNAMED base/backend-kustomization.yaml',
      'NAMESPACE_LABEL_UNCARRIED edge/routes.yaml spec.egress[0].to[0]',
      'NAMESPACE_LABEL_UNCARRIED edge/routes.yaml spec.ingress[0].from[0]',
      'NAMESPACE_MERGES_TIERS base/kustomization.yaml backend frontend',
      'OVERLAY_UNRENDERED overlays/dev/kustomization.yaml KUSTOMIZE_FAILED',
      'PATCH_UNMATCHED overlays/dev/kustomization.yaml patches[0] PodDisruptionBudget ui',
      'POLICY_SELECTS_NOTHING edge/routes.yaml spec.podSelector',
      'PROJECT_PLACEHOLDER external-secrets/stores.yaml spec.provider.scaleway.projectId',
      'REFERENCE_UNMADE apps/api.yaml ConfigMap/trackdechets-config',
      ...[0, 1, 2, 3, 4, 5].map(
        (index) => `REF_NEVER_MATCHES external-secrets/backend.yaml spec.data[${index}].remoteRef.key`,
      ),
      ...[0, 1].map((index) => `REF_NEVER_MATCHES external-secrets/frontend.yaml spec.data[${index}].remoteRef.key`),
      'SECRET_SHADOWED apps/ui.yaml ui API_ENDPOINT',
      'TARGET_TWO_OWNERS external-secrets/backend.yaml Secret/backend-secrets',
      'TARGET_TWO_OWNERS external-secrets/frontend.yaml Secret/frontend-secrets',
    ])
  })
})
