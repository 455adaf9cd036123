import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { audit } from '../../../../../scripts/inspect/audit/audit.ts'
import { readKustomize } from '../../../../../scripts/inspect/audit/world/read-kustomize.ts'
import { worldOf } from '../../../../../scripts/inspect/audit/world/world.ts'
import { resolve } from '../../../../../scripts/model/resolve.ts'
import { applicationWith } from '../../../../helpers/applications.ts'
import { temporaryFolder } from '../../../../helpers/folders.ts'
import { deployment } from '../audited.ts'

const head = 'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n'
const whole = 'envFrom: [{ secretRef: { name: api-secrets } }]'

/** A base and an overlay that are right. */
const good = {
  'base/kustomization.yaml': `${head}resources: [api.yaml, service.yaml]\nconfigMapGenerator: [{ name: settings, files: [x=settings.yaml] }]\n`,
  'base/api.yaml': deployment('api', whole).replace('namespace: shop-api', ''),
  'base/service.yaml':
    'apiVersion: v1\nkind: Service\nmetadata: { name: api }\nspec: { selector: { app: api }, ports: [{ port: 80 }] }\n',
  'base/settings.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: nested }\n',
  'dev/kustomization.yaml': `${head}namespace: shop-api
resources: [../base]
images: [{ name: shop/api, newTag: "2" }]
patches: [{ target: { kind: Deployment, name: a.* }, path: patch.yaml }, { target: { kind: ConfigMap, name: settings }, patch: "[]" }]
commonLabels: { team: shop }
`,
  'dev/patch.yaml': '- { op: remove, path: /spec/replicas }\n',
}

async function found(change: Readonly<Record<string, string>>, secrets = [{ variable: 'A' }]): Promise<string[]> {
  const folder = await temporaryFolder()
  for (const [path, text] of Object.entries({ ...good, ...change })) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
  const kustomize = await readKustomize([join(folder)], folder)
  const model = resolve(applicationWith({ secrets }), 'dev')
  return audit(worldOf({ model, objects: [], kustomize })).map(({ code, file, key }) =>
    `${code} ${file} ${key}`.trimEnd(),
  )
}

test('a base and an overlay that are right', async () => {
  expect(await found({})).toEqual([])
})

test('a manifest that nothing reaches; values of others are not manifests', async () => {
  expect(await found({ 'base/old.yaml': deployment('old', whole), 'base/values.yaml': 'replicas: 2' })).toEqual([
    'FILE_UNREACHED base/old.yaml',
  ])
})

test('a kustomization by a wrong name', async () => {
  expect(await found({ 'dev/kustomize.yaml': `${head}resources: [../base]\n` })).toEqual([
    'KUSTOMIZATION_MISNAMED dev/kustomize.yaml',
  ])
  expect(await found({ 'test/kustomize.yaml': `${head}resources: [../base]\n` })).toEqual([
    'KUSTOMIZATION_MISNAMED test/kustomize.yaml',
  ])
})

test('a patch and an image that match nothing', async () => {
  const overlay = good['dev/kustomization.yaml'].replace('name: a.*', 'name: server').replace('shop/api', 'shop/apu')
  expect(await found({ 'dev/kustomization.yaml': overlay })).toEqual([
    'IMAGE_UNMATCHED dev/kustomization.yaml shop/apu',
    'PATCH_UNMATCHED dev/kustomization.yaml patches[0] Deployment server',
  ])
})

test('nothing is claimed where a part is fetched from elsewhere', async () => {
  const overlay = good['dev/kustomization.yaml']
    .replace('[../base]', '[../base, "https://example.org/x.yaml"]')
    .replace('name: a.*', 'name: server')
  expect(await found({ 'dev/kustomization.yaml': overlay })).toEqual([])
})

test('two tiers in one namespace, by their own namespaces or by what they read', async () => {
  const web = deployment('site', 'env: []', '', 'shop-web')
  const api = deployment('server', 'env: []', '', 'shop-api')
  const both = { 'base/api.yaml': `${api}${web}`, 'base/service.yaml': '' }
  const overlay = `${head}namespace: shop\nresources: [../base]\n`
  expect(await found({ ...both, 'dev/kustomization.yaml': overlay })).toEqual([
    'NAMESPACE_MERGES_TIERS dev/kustomization.yaml api web',
  ])
  expect(await found({ ...both, 'dev/kustomization.yaml': overlay.replace('namespace: shop\n', '') })).toEqual([])
  const reading = deployment(
    'x',
    'envFrom: [{ secretRef: { name: web-secrets } }, { secretRef: { name: api-secrets } }]',
  )
  const secrets = [{ variable: 'A' }, { tier: 'web', variable: 'B' }]
  expect(await found({ ...both, 'base/api.yaml': reading, 'dev/kustomization.yaml': overlay }, secrets)).toEqual([
    'NAMESPACE_MERGES_TIERS dev/kustomization.yaml api web',
  ])
})

test('labels in the selector of a Service whose pods an operator makes', async () => {
  const service = `${good['base/service.yaml']}---\napiVersion: v1\nkind: Service\nmetadata: { name: db }\nspec: { selector: { cluster: db } }\n`
  expect(await found({ 'base/service.yaml': service })).toEqual([
    'LABELS_IN_SELECTORS dev/kustomization.yaml Service/db',
  ])
  const overlay = good['dev/kustomization.yaml'].replace(
    'commonLabels: { team: shop }',
    'labels: [{ pairs: { team: shop } }]',
  )
  expect(await found({ 'base/service.yaml': service, 'dev/kustomization.yaml': overlay })).toEqual([])
})

test('folders that are made of each other, and one that is not YAML, stop nothing', async () => {
  const round = { 'base/kustomization.yaml': `${head}resources: [../dev, api.yaml, service.yaml, settings.yaml]\n` }
  expect(await found({ ...round, 'other/kustomization.yaml': '{ nothing' })).toEqual(expect.any(Array))
})

test('a component changes what the folders have that use it, and a label may come from a kustomization', async () => {
  const part = (name: string) => ({
    'part/kustomization.yaml': `apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
patches: [{ target: { kind: Deployment, name: ${name} }, patch: "[]" }]
images: [{ name: shop/${name}, newTag: "3" }]
`,
  })
  const overlay = `${head}resources: [../base]
components: [../part]
labels: [{ pairs: { part-of: shop } }]
patches: [{ target: { labelSelector: part-of=shop }, patch: "[]" }]
`
  expect(await found({ ...part('api'), 'dev/kustomization.yaml': overlay })).toEqual([])
  expect(await found({ ...part('apu'), 'dev/kustomization.yaml': overlay })).toEqual([
    'IMAGE_UNMATCHED part/kustomization.yaml shop/apu',
    'PATCH_UNMATCHED part/kustomization.yaml patches[0] Deployment apu',
  ])
  // Nobody uses it yet.
  expect(await found(part('apu'))).toEqual([])
  expect(
    await found({
      'dev/kustomization.yaml': overlay.replace('part-of=shop', 'part-of=other').replace(/components.*/, ''),
    }),
  ).toEqual(['PATCH_UNMATCHED dev/kustomization.yaml patches[0] part-of=other'])
})
