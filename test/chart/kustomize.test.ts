import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { namedInput, readInputs } from '../../scripts/inspect/inputs/read-inputs.ts'
import { temporaryFolder } from '../helpers/folders.ts'
import { toolchainIo, tools } from '../helpers/tools.ts'

const { kustomize } = await tools('kustomize')

/** What the pinned kustomize makes of a folder, and what of it is not read. */
async function rendered(files: Readonly<Record<string, string>>, links: Readonly<Record<string, string>> = {}) {
  const folder = await temporaryFolder()
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
  for (const [path, target] of Object.entries(links)) await symlink(target, join(folder, path))
  const io = { ...toolchainIo, typedIn: folder, env: { KUSTOMIZE_BIN: kustomize.path } }
  const sets = await readInputs([namedInput(join(folder, 'live'))], io)
  const refusals = sets.flatMap(({ inputs }) => inputs.refusals)
  return {
    objects: sets.flatMap(({ inputs }) => inputs.objects.map(({ kind, name }) => `${kind}/${name}`)),
    raw: sets.flatMap(({ inputs }) => inputs.objects.map(({ raw }) => raw)),
    refusals: refusals.map(({ code, where }) => `${code} ${where}`),
    told: refusals.map(({ message, lastLines = [] }) => [message, ...lastLines].join('\n')).join('\n'),
  }
}

const base = {
  'base/kustomization.yaml':
    'resources: [api.yaml]\nconfigMapGenerator: [{ name: settings, literals: [LEVEL=info] }]\n',
  'base/api.yaml': `apiVersion: apps/v1
kind: Deployment
metadata: { name: api }
spec:
  selector: { matchLabels: { app: api } }
  template:
    metadata: { labels: { app: api } }
    spec: { containers: [{ name: api, image: api, envFrom: [{ configMapRef: { name: settings } }] }] }
`,
}

test('bases, components, generators and replacements are rendered', async () => {
  const { objects, raw, refusals, told } = await rendered({
    ...base,
    'part/kustomization.yaml':
      'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\npatches: [{ patch: "- { op: add, path: /spec/replicas, value: 3 }", target: { kind: Deployment } }]\n',
    'live/kustomization.yaml': `resources: [../base, account.yaml]
components: [../part]
namespace: shop
replacements:
  - source: { kind: ServiceAccount, fieldPath: metadata.name }
    targets: [{ select: { kind: Deployment }, fieldPaths: [spec.template.spec.serviceAccountName], options: { create: true } }]
`,
    'live/account.yaml': 'apiVersion: v1\nkind: ServiceAccount\nmetadata: { name: runner }\n',
  })
  expect(refusals, told).toEqual([])
  expect(objects).toEqual([
    'ServiceAccount/runner',
    expect.stringMatching(/^ConfigMap\/settings-\w+$/),
    'Deployment/api',
  ])
  expect(raw[2]).toMatchObject({
    metadata: { namespace: 'shop' },
    spec: { replicas: 3, template: { spec: { serviceAccountName: 'runner' } } },
  })
})

const value = 'k3Wq9zLmTTx'

test.each<[string, Readonly<Record<string, string>>, Readonly<Record<string, string>>, RegExp]>([
  ['a file outside of the folder', { 'live/kustomization.yaml': 'resources: [../base/api.yaml]' }, {}, /security/],
  [
    'a link out of the folder',
    { 'live/kustomization.yaml': 'resources: [link.yaml]' },
    { 'live/link.yaml': '../base/api.yaml' },
    /security/,
  ],
  [
    'a program of the folder',
    {
      'live/kustomization.yaml': 'generators: [run.yaml]',
      'live/run.yaml':
        'apiVersion: x/v1\nkind: Run\nmetadata: { name: run, annotations: { config.kubernetes.io/function: "exec: { path: ./run.sh }" } }\n',
      'live/run.sh': '#!/bin/sh\ntouch started\n',
    },
    {},
    /external plugins disabled|plugin|exec/i,
  ],
  [
    'a chart',
    { 'live/kustomization.yaml': 'helmCharts: [{ name: x, repo: "http://example.invalid" }]' },
    {},
    /enable-helm/,
  ],
  [
    'a server that a part of it names',
    {
      'live/kustomization.yaml': 'resources: [../base]\ntransformers: [patch.yaml]',
      'live/patch.yaml':
        'apiVersion: builtin\nkind: PatchTransformer\nmetadata: { name: p }\npath: https://example.invalid/p.yaml\n',
    },
    {},
    /127\.0\.0\.1:1/,
  ],
  [
    'a patch that is none',
    {
      'live/kustomization.yaml': 'resources: [../base]\npatches: [{ path: p.yaml, target: { kind: Deployment } }]',
      'live/p.yaml': `- { op: ad, path: /a, value: ${value} }\n- [${value}`,
    },
    {},
    /patch/,
  ],
  [
    'a literal that is none',
    { 'live/kustomization.yaml': `secretGenerator: [{ name: s, literals: ["PASSWORD ${value}"] }]` },
    {},
    /literal/,
  ],
])('%s is not read, with the reason and nothing of its content', async (_, files, links, reason) => {
  const { objects, refusals, told } = await rendered({ ...base, ...files }, links)
  expect(objects).toEqual([])
  expect(refusals).toContain('KUSTOMIZE_FAILED live')
  expect(told).toMatch(reason)
  expect(told).not.toContain(value)
})
