import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import type { Manifest } from '../../scripts/chart/manifests.ts'
import { valuesChecker } from '../../scripts/generate/check-values.ts'
import type { JsonSchema } from '../../scripts/generate/json-schema.ts'
import { operatorValuesText } from '../../scripts/generate/operator-values.ts'
import { installedOperator } from '../../scripts/model/operator-version.ts'
import { resolveAll } from '../../scripts/model/resolve.ts'
import { trackdechets } from '../fixtures/applications.ts'
import { find } from '../helpers/chart.ts'
import { repositoryFile } from '../helpers/generating.ts'
import { operatorChart, operatorManifests } from '../helpers/operator-chart.ts'
import { repositoryCopy } from '../helpers/repository.ts'
import { sharedFolder } from '../helpers/shared-folder.ts'
import { withValue } from '../helpers/values.ts'

const text = operatorValuesText(resolveAll(trackdechets), installedOperator)
const values = parse(text) as Tree
const chart = await operatorChart()
const file = join(await sharedFolder(), 'operator-values.yaml')
await writeFile(file, text)
const manifests = await operatorManifests(chart, file)
const defaults = await operatorManifests(chart)
const schema = JSON.parse(await repositoryFile('schema/external-secrets.io/operator-chart-values.json')) as JsonSchema
const problemsOf = (changed: unknown) => valuesChecker(schema)(changed, 'operator-values')

type Tree = { readonly [name: string]: Tree }
type Rule = Readonly<Record<'apiGroups' | 'resources' | 'verbs', readonly string[]>>

/** What the Roles of manifests allow, as `verb resource.group`. */
const grants = (from: readonly Manifest[]) =>
  from
    .flatMap(({ rules }) => (rules ?? []) as Rule[])
    .flatMap(({ apiGroups, resources, verbs }) =>
      apiGroups.flatMap((group) => resources.flatMap((name) => verbs.map((verb) => `${verb} ${name}.${group}`))),
    )
const labelsOf = (from: readonly Manifest[]) => from.flatMap(({ metadata }) => Object.keys(metadata.labels ?? {}))
const containerOf = (from: readonly Manifest[], name: string) =>
  (find(from, 'Deployment', name).spec as unknown as { template: { spec: { containers: { args: string[] }[] } } })
    .template.spec.containers[0]

describe('the values', () => {
  // What the version to install has, and the chart at hand passes over.
  const newer = ['genericTargets', 'rbac.serviceAccountTokenCreate', 'rbac.aggregateToAdmin']

  test("fit the schema of the operator's chart, which this repository closes", () => {
    const older = newer.reduce((tree, path) => withValue(tree, path, undefined), values)
    expect(problemsOf(older)).toEqual([])
    expect(problemsOf(withValue(older, 'procesPushSecret', false))).toHaveLength(1)
    expect(problemsOf(withValue(older, 'crds.createPushSecrets', false))).toHaveLength(1)
    expect(problemsOf(withValue(older, 'leaderElect', 'yes'))).toHaveLength(1)
  })

  test('set nothing that the chart does not have', async () => {
    const known = parse(await readFile(join(chart, 'values.yaml'), 'utf8')) as Tree
    const open = ['extraArgs', 'extraObjects', 'resources']
    const unknown = (set: Tree, at: Tree, path = ''): string[] =>
      Object.entries(set).flatMap(([name, value]) => {
        if (!(name in at)) return [path + name]
        if (open.includes(name) || typeof value !== 'object' || Array.isArray(value)) return []
        return unknown(value, at[name] as Tree, `${path}${name}.`)
      })
    expect(Object.keys(values).length).toBeGreaterThan(15)
    expect(unknown(values, known)).toEqual(newer)
    expect(unknown({ ...values, webhook: { created: {} } } as Tree, known)).toContain('webhook.created')
  })
})

test('the command prints them, of this repository and the version to install', async () => {
  const repository = await repositoryCopy()
  const { stdout, stderr, exitCode } = await repository.cli(['operator-values'])
  expect([`${stdout}\n`, stderr, exitCode]).toEqual([text, '', 0])
  expect((await repository.cli(['operator-values', '--environment', 'recette'])).exitCode).toBe(2)
})

describe('the chart then renders', () => {
  test('one program and its rights, and no webhook, certificate controller, Service or monitor', () => {
    expect(manifests.map(({ kind, metadata }) => `${kind}/${metadata.name}`).sort()).toEqual([
      'ClusterRole/external-secrets-controller',
      'ClusterRoleBinding/external-secrets-controller',
      'Deployment/external-secrets',
      'NetworkPolicy/external-secrets',
      'Role/external-secrets-leader-election',
      'RoleBinding/external-secrets-leader-election',
      'ServiceAccount/external-secrets',
    ])
  })

  test('a program with nothing of the whole cluster, no pushing and no generators', () => {
    expect(containerOf(manifests, 'external-secrets')?.args).toEqual([
      '--enable-leader-election=true',
      '--enable-cluster-store-reconciler=false',
      '--enable-cluster-external-secret-reconciler=false',
      '--enable-cluster-push-secret-reconciler=false',
      '--enable-push-secret-reconciler=false',
      '--concurrent=4',
      '--enable-generator-state=false',
      '--metrics-addr=:8080',
      '--loglevel=info',
      '--zap-time-encoding=rfc3339',
      '--live-addr=:8082',
    ])
  })

  test('the limits, the probe and the security context that are asked for', () => {
    expect(containerOf(manifests, 'external-secrets')).toMatchObject({
      resources: { requests: { cpu: '10m', memory: '128Mi' }, limits: { memory: '256Mi' } },
      livenessProbe: { httpGet: { path: '/healthz', port: 8082 } },
      securityContext: {
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
        readOnlyRootFilesystem: true,
        runAsNonRoot: true,
        seccompProfile: { type: 'RuntimeDefault' },
      },
    })
    expect(find(manifests, 'Deployment', 'external-secrets').spec).toMatchObject({
      replicas: 1,
      revisionHistoryLimit: 2,
      template: { spec: { hostNetwork: false } },
    })
  })

  test('no right on stores but to read them, on tokens, on generators, or on anything of the whole cluster', () => {
    const granted = grants(manifests)
    const foreign = /push|cluster|serviceaccounts|\bcreate externalsecrets|\*/
    expect(granted.filter((grant) => foreign.test(grant))).toEqual([])
    expect(granted.filter((grant) => / secretstores\./.test(grant))).toEqual([
      'get secretstores.external-secrets.io',
      'list secretstores.external-secrets.io',
      'watch secretstores.external-secrets.io',
    ])
    expect(granted.filter((grant) => grant.endsWith('.generators.external-secrets.io'))).toEqual([
      'get generatorstates.generators.external-secrets.io',
      'list generatorstates.generators.external-secrets.io',
      'watch generatorstates.generators.external-secrets.io',
    ])
    // The chart's own rights have them all.
    expect(grants(defaults)).toContain('create serviceaccounts/token.')
    expect(grants(defaults)).toContain('create secretstores.external-secrets.io')
    expect(grants(defaults)).toContain('create clustersecretstores.external-secrets.io')
  })

  test('no role that Kubernetes adds to view, edit or admin', () => {
    const aggregated = (from: readonly Manifest[]) => labelsOf(from).filter((name) => name.includes('aggregate-to'))
    expect(aggregated(manifests)).toEqual([])
    expect(aggregated(defaults).length).toBeGreaterThan(3)
  })

  test('a NetworkPolicy: nobody in; out to DNS, the API server and Scaleway', () => {
    const policy = find(manifests, 'NetworkPolicy', 'external-secrets')
    expect(policy.spec).toMatchObject({
      podSelector: { matchLabels: { 'app.kubernetes.io/name': 'external-secrets' } },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [],
      egress: [
        {
          ports: [
            { port: 53, protocol: 'UDP' },
            { port: 53, protocol: 'TCP' },
          ],
        },
        {
          ports: [
            { port: 443, protocol: 'TCP' },
            { port: 6443, protocol: 'TCP' },
          ],
        },
      ],
    })
    const { template } = find(manifests, 'Deployment', 'external-secrets').spec as { template: Manifest }
    expect(template.metadata.labels).toMatchObject({ 'app.kubernetes.io/name': 'external-secrets' })
  })

  test('rights for the ServiceAccount the program runs as', () => {
    const account = find(manifests, 'ServiceAccount', 'external-secrets')
    const expected = [{ kind: 'ServiceAccount', name: account.metadata.name, namespace: account.metadata.namespace }]
    const bindings = manifests.filter(({ kind }) => kind.endsWith('RoleBinding') || kind.endsWith('ClusterRoleBinding'))
    expect(bindings).toHaveLength(2)
    for (const { subjects } of bindings) expect(subjects).toEqual(expected)
    expect(find(manifests, 'Deployment', 'external-secrets').spec).toMatchObject({
      template: { spec: { serviceAccountName: account.metadata.name } },
    })
  })
})
