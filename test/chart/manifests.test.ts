import { describe, expect, test } from 'vitest'
import { checkSchemas } from '../../scripts/chart/kubeconform.ts'
import { type Manifest, parseManifests } from '../../scripts/chart/manifests.ts'
import { checkManifests } from '../../scripts/chart/policy/index.ts'
import { externalSecretSpec, secretStoreSpec } from '../../scripts/cluster/expected-spec.ts'
import { resolve } from '../../scripts/model/resolve.ts'
import { bookshop, gallery, trackdechets } from '../fixtures/applications.ts'
import { kiosk } from '../fixtures/kiosk.ts'
import { chartOf, helms, template } from '../helpers/chart.ts'
import { productFolder } from '../helpers/generating.ts'
import { tools } from '../helpers/tools.ts'

const { kubeconform } = await tools('kubeconform')
const cases = [
  ...Object.keys(trackdechets.environments).map((name) => ({ what: 'Trackdéchets', application: trackdechets, name })),
  ...Object.keys(bookshop.environments).map((name) => ({ what: 'the bookshop', application: bookshop, name })),
  ...Object.keys(gallery.environments).map((name) => ({ what: 'the gallery', application: gallery, name })),
  ...Object.keys(kiosk.environments).map((name) => ({ what: 'two in one cluster', application: kiosk, name })),
]
const charts = new Map([
  [trackdechets, await chartOf(trackdechets)],
  [bookshop, await chartOf(bookshop)],
  [gallery, await chartOf(gallery)],
  [kiosk, await chartOf(kiosk)],
])
const [[, helm4], [, helm3]] = helms as [[string, string], [string, string]]

type Tree = { readonly [name: string]: Tree | undefined }
const at = (manifest: Manifest, ...names: string[]): unknown =>
  names.reduce<Tree | undefined>((value, name) => value?.[name], manifest as unknown as Tree)

describe.each(cases)('$what, $name', async ({ application, name }) => {
  const { chart, values } = charts.get(application) as Awaited<ReturnType<typeof chartOf>>
  const base = application.environments[name]?.baseName ?? application.catalogue.application
  const release = ['--namespace', `${base}-secrets`]
  const text = await template(helm4, chart, values(name), ...release)
  const model = resolve(application, name)
  const manifests = parseManifests(text, name)
  const rendered = manifests.filter(({ kind }) => kind === 'ExternalSecret')

  test('the same values give the same bytes, and Helm 3 the same manifests as Helm 4', async () => {
    expect(await template(helm4, chart, values(name), ...release)).toBe(text)
    expect(parseManifests(await template(helm3, chart, values(name), ...release), name)).toEqual(manifests)
  })

  test('the manifests are what the catalogue implies', () => {
    expect(manifests.length).toBeGreaterThan(5)
    expect(checkManifests(manifests, model)).toEqual([])
  })

  test('stores and ExternalSecrets are, field by field, what wait and status expect of them', () => {
    const specs = model.tiers.flatMap((tier) => [
      secretStoreSpec(model, tier),
      ...tier.externalSecrets.map((one) => externalSecretSpec(model, tier, one)),
    ])
    const both = manifests.filter(({ kind }) => ['SecretStore', 'ExternalSecret'].includes(kind))
    expect(both).toHaveLength(specs.length)
    for (const spec of specs) expect(both.map((manifest) => manifest.spec)).toContainEqual(spec)
  })

  test('the manifests fit the schemas of the operator and of Kubernetes', async () => {
    expect(await checkSchemas(kubeconform.path, productFolder, text, name)).toEqual([])
  })

  test('the operator and Kubernetes are addressed by their stable APIs only', () => {
    const versions = manifests.map(({ apiVersion }) => apiVersion.split('/').at(-1))
    expect(new Set(versions)).toEqual(new Set(['v1']))
  })

  test('every default the operator has ever filled in is written out', () => {
    const explicit = { conversionStrategy: 'Default', decodingStrategy: 'None', metadataPolicy: 'None' }
    for (const { spec = {} } of rendered) {
      const { data = [], dataFrom = [], ...settings } = spec as { data?: Tree[]; dataFrom?: Tree[] }
      expect(settings).toMatchObject({
        refreshPolicy: 'Periodic',
        target: { creationPolicy: 'Owner', deletionPolicy: expect.any(String) },
      })
      expect(settings).toMatchObject({ target: { template: { engineVersion: 'v2', mergePolicy: 'Replace' } } })
      expect(data.length + dataFrom.length).toBeGreaterThan(0)
      for (const { remoteRef } of data) expect(remoteRef).toMatchObject(explicit)
      for (const { extract } of dataFrom) expect(extract).toMatchObject(explicit)
    }
  })

  test('a missing optional secret is left out; a missing required one holds back its target', () => {
    for (const manifest of rendered) {
      const isOptional = /-optional(-secrets)?$/.test(manifest.metadata.name)
      expect(at(manifest, 'spec', 'target', 'deletionPolicy')).toBe(isOptional ? 'Merge' : 'Retain')
    }
    const targets = rendered.map((manifest) => at(manifest, 'spec', 'target', 'name'))
    expect(targets).toEqual(rendered.map(({ metadata }) => metadata.name))
  })

  test("the Secrets get labels of their own, and none of Helm's or of a version", () => {
    for (const manifest of rendered) {
      const labels = at(manifest, 'spec', 'target', 'template', 'metadata', 'labels')
      expect(Object.keys(labels ?? {}).sort()).toEqual([
        'app.kubernetes.io/component',
        'app.kubernetes.io/part-of',
        'tiered-secrets/environment',
      ])
    }
    for (const { metadata } of manifests) {
      expect(metadata.labels).toMatchObject({
        'app.kubernetes.io/name': 'tiered-secrets',
        'app.kubernetes.io/instance': 'release-name',
        'app.kubernetes.io/managed-by': 'Helm',
        'app.kubernetes.io/part-of': application.catalogue.application,
        'tiered-secrets/environment': name,
      })
      expect(metadata.labels).not.toHaveProperty(['helm.sh/chart'])
    }
  })

  test('the namespaces are kept when the release is uninstalled', () => {
    const namespaces = manifests.filter(({ kind }) => kind === 'Namespace')
    expect(namespaces.map(({ metadata }) => metadata.name).sort()).toEqual(
      model.tiers.map((tier) => tier.namespace).sort(),
    )
    for (const { metadata } of namespaces) expect(metadata.annotations).toEqual({ 'helm.sh/resource-policy': 'keep' })
  })

  test('namespaces that exist already are not rendered, and all else is', async () => {
    const without = parseManifests(
      await template(helm4, chart, values(name), ...release, '--set', 'namespaces.create=false'),
      name,
    )
    expect(without).toEqual(manifests.filter(({ kind }) => kind !== 'Namespace'))
    expect(checkManifests(without, model)).toEqual([])
  })

  test('the API is that of Scaleway itself, unless a local one is given', async () => {
    const urls = (objects: readonly Manifest[]) =>
      objects.flatMap((object) =>
        object.kind === 'SecretStore'
          ? [at(object, 'spec', 'provider', 'scaleway', 'apiUrl')]
          : object.kind === 'Secret'
            ? [object.metadata.annotations?.apiUrl]
            : [],
      )
    const each = (boundary: unknown, store: unknown) => model.tiers.flatMap(() => [boundary, store])
    expect(new Set(urls(manifests))).toEqual(new Set(['', undefined]))
    const url = 'http://127.0.0.1:8080'
    const local = await template(helm4, chart, values(name), ...release, '--set-string', `scaleway.apiUrl=${url}`)
    expect(urls(parseManifests(local, name))).toEqual(each(url, url))
  })
})

test('labels and annotations of the namespaces are added to those of the chart', async () => {
  const { chart, values } = charts.get(trackdechets) as Awaited<ReturnType<typeof chartOf>>
  const set = ['--set-json', 'namespaces={"create":true,"labels":{"team":"1"},"annotations":{"note":"y"}}']
  const rendered = parseManifests(await template(helm4, chart, values('recette'), ...set), 'x')
  const namespace = rendered.find(({ kind }) => kind === 'Namespace')
  expect(namespace?.metadata.labels).toMatchObject({ team: '1', 'app.kubernetes.io/name': 'tiered-secrets' })
  expect(namespace?.metadata.annotations).toEqual({ note: 'y', 'helm.sh/resource-policy': 'keep' })
})

test('a manifest with a field the operator does not know is refused by its schema', async () => {
  const { chart, values } = charts.get(trackdechets) as Awaited<ReturnType<typeof chartOf>>
  const text = await template(helm4, chart, values('recette'))
  const mistyped = text.replace('refreshInterval:', 'refreshIntervall:')
  const problems = await checkSchemas(kubeconform.path, productFolder, mistyped, 'values/recette.yaml')
  expect(problems).toMatchObject([
    { code: 'MANIFEST_INVALID', where: 'values/recette.yaml ExternalSecret/backend-secrets' },
  ])
  expect(problems[0]?.message).toContain('refreshIntervall')
})

test('a kind the chart never renders has no schema, and is refused', async () => {
  const problems = await checkSchemas(
    kubeconform.path,
    productFolder,
    'apiVersion: v1\nkind: Pod\nmetadata: {name: x}\n',
    'x',
  )
  expect(problems).toMatchObject([{ code: 'MANIFEST_INVALID', where: 'x Pod/x' }])
})
