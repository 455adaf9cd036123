import { expect, test } from 'vitest'
import { parse } from 'yaml'
import type { Manifest } from '../../../scripts/chart/manifests.ts'
import { maxConcurrent, operatorValuesText } from '../../../scripts/generate/operator-values.ts'
import { installedOperator } from '../../../scripts/model/operator-version.ts'
import { resolveAll } from '../../../scripts/model/resolve.ts'
import type { EnvironmentSpec, SecretSpec } from '../../../scripts/model/types.ts'
import { trackdechets } from '../../fixtures/applications.ts'
import { applicationWith, environment } from '../../helpers/applications.ts'

/** The text for an application with these environments and secrets. */
function textFor(environments: Readonly<Record<string, EnvironmentSpec>>, secrets: Partial<SecretSpec>[] = []): string {
  return operatorValuesText(resolveAll(applicationWith({ environments, secrets })), '1.2.3')
}

const both: Partial<SecretSpec>[] = [{ variable: 'A' }, { variable: 'B' }, { variable: 'C', optional: true }]

test('the same application gives the same text, which names the version it is for', () => {
  const text = operatorValuesText(resolveAll(trackdechets), installedOperator)
  expect(operatorValuesText(resolveAll(trackdechets), installedOperator)).toBe(text)
  expect(text).toContain(`--version ${installedOperator} `)
  expect(text.split('\n')[0]).toBe(
    `# Values of the External Secrets Operator's own Helm chart, version ${installedOperator}, for trackdechets.`,
  )
})

test('as many ExternalSecrets are read at the same time as the catalogue has', () => {
  const text = textFor({ dev: environment() }, both)
  expect(text).toContain('# shop-dev: 2 ExternalSecrets with 3 remote refs, read every 1h0m0s.\n')
  expect(parse(text)).toMatchObject({ concurrent: 2 })
})

test('of several clusters the one with most counts; environments on one cluster count together', () => {
  const alone = environment({ kubeContext: 'alone', refreshInterval: '10m' })
  const environments = { alone, one: environment({ refreshInterval: '2h' }), two: environment() }
  const text = textFor(environments, both)
  expect(text).toContain('# shop-dev: 4 ExternalSecrets with 6 remote refs, read every 1h0m0s.\n')
  expect(parse(text)).toMatchObject({ concurrent: 4 })
})

test('however many there are, Scaleway is asked by a few at a time; and without any by one', () => {
  const names = Array.from({ length: 10 }, (_, index) => `dev${index}`)
  const many = Object.fromEntries(names.map((name) => [name, environment()]))
  expect(parse(textFor(many, both))).toMatchObject({ concurrent: maxConcurrent })
  expect(parse(textFor({ dev: environment() }))).toMatchObject({ concurrent: 1 })
  expect(parse(operatorValuesText([], '1.2.3'))).toMatchObject({ concurrent: 1 })
})

test('a bundle is one remote ref, whatever it holds', () => {
  const bundle = { identity: 's3', layout: 'bundle' } as const
  const secrets = [
    { variable: 'A', ...bundle },
    { variable: 'B', ...bundle },
  ]
  expect(textFor({ dev: environment() }, secrets)).toContain('1 ExternalSecrets with 1 remote refs')
})

test('every value has its reason above it or inside; what is off for one reason shares it', () => {
  const lines = operatorValuesText(resolveAll(trackdechets), installedOperator).split('\n')
  expect(lines.filter((line) => line.length > 120)).toEqual([])
  const starts = lines.flatMap((line, index) => (/^\w/.test(line) ? [index] : []))
  const unexplained = starts.filter((start) => {
    const after = lines.slice(start + 1)
    const inside = after.slice(
      0,
      after.findIndex((line) => !line.startsWith(' ')),
    )
    return ![lines[start - 1] ?? '', ...inside].some((line) => line.trim().startsWith('#'))
  })
  expect(starts.length).toBeGreaterThan(15)
  expect(unexplained.map((start) => lines[start])).toEqual([
    'processClusterStore: false',
    'processClusterGenerator: false',
    'processClusterPushSecret: false',
    'processPushSecret: false',
  ])
})

test('no value names an environment, a project or a tier: one operator serves the whole cluster', () => {
  const values = JSON.stringify(parse(operatorValuesText(resolveAll(trackdechets), installedOperator)))
  for (const name of ['trackdechets', 'backend', 'frontend', 'production', '00000000-']) {
    expect(values).not.toContain(name)
  }
})

test('the operator reaches the DNS of every cluster, each written once', () => {
  const own = { namespace: 'dns', podLabels: { app: 'coredns', tier: '1' } }
  const peersIn = (...dns: (typeof own | undefined)[]) => {
    const environments = dns.map((one, index) => [`e${index}`, environment(one ? { dns: one } : {})])
    const values = parse(textFor(Object.fromEntries(environments))) as { extraObjects: Manifest[] }
    const policy = values.extraObjects.find(({ kind }) => kind === 'NetworkPolicy')
    const { egress = [] } = (policy?.spec ?? {}) as { egress?: { to: unknown }[] }
    return egress[0]?.to
  }
  const peer = (namespace: string, matchLabels: object) => ({
    namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
    podSelector: { matchLabels },
  })
  const usual = peer('kube-system', { 'k8s-app': 'kube-dns' })
  expect(peersIn(undefined, undefined)).toEqual([usual])
  expect(peersIn(own, undefined, own)).toEqual([peer('dns', own.podLabels), usual])
})
