import fc from 'fast-check'
import { isError } from '../../scripts/lib/problems.ts'
import { linksOf } from '../../scripts/model/network/links.ts'
import { isChosen, portsOf } from '../../scripts/model/network/ports.ts'
import type { EgressSpec, OutsideEgressSpec, PortChoice, SourceSpec } from '../../scripts/model/network/spec.ts'
import { checkApplication } from '../../scripts/model/rules/index.ts'
import type { Application, EnvironmentSpec, TierSpec, WorkloadSpec } from '../../scripts/model/types.ts'
import { applicationWith, environment } from './applications.ts'

const tierNames = ['one', 'two', 'three']
const workloadNames = ['a', 'b', 'c']
const sources = [
  'ingress-controller',
  'ingress-controller/inside',
  'internet',
  ...tierNames.flatMap((tier) => [tier, ...workloadNames.map((name) => `${tier}/${name}`)]),
]

const port = fc.constantFrom(80, 443, 4000, 5432)
const choices = fc.uniqueArray(fc.constantFrom<PortChoice[]>('http', 'stream', 80, 4000), {
  minLength: 1,
  maxLength: 2,
})

const source: fc.Arbitrary<SourceSpec> = fc.oneof(
  fc.constantFrom(...sources),
  fc.record({ from: fc.constantFrom(...sources), ports: choices }, { requiredKeys: ['from'] }),
  fc.record(
    { namespace: fc.constantFrom('monitoring', 'queues'), podLabels: fc.constant({ app: 'a' }), ports: choices },
    { requiredKeys: ['namespace'] },
  ),
  fc.record(
    { cidr: fc.constantFrom('172.16.0.0/22', '198.51.100.0/24', 'fd12::/64'), ports: choices },
    { requiredKeys: ['cidr'] },
  ),
)

const workload: fc.Arbitrary<WorkloadSpec> = fc.record(
  {
    kind: fc.constantFrom('Deployment' as const, 'Job' as const),
    port,
    ports: fc.dictionary(
      fc.constantFrom('http', 'stream'),
      fc.oneof(
        port,
        fc.record({ port, protocol: fc.constantFrom('TCP' as const, 'UDP' as const) }, { requiredKeys: ['port'] }),
      ),
      { minKeys: 1 },
    ),
    reachableFrom: fc.uniqueArray(source, { maxLength: 3, selector: (one) => JSON.stringify(one) }),
    podLabels: fc.dictionary(fc.constantFrom('app', 'part'), fc.constantFrom('a', 'b', 'x'), { minKeys: 1 }),
  },
  { requiredKeys: ['kind'] },
)

const egress: fc.Arbitrary<OutsideEgressSpec> = fc.record(
  {
    description: fc.constant('Somewhere else'),
    to: fc.constantFrom<OutsideEgressSpec['to'][]>(
      'internet',
      { cidr: '10.0.0.0/8' },
      { cidr: '10.20.0.0/16' },
      { cidr: '203.0.113.0/24' },
      { cidr: '2001:db8::/32' },
      { namespace: 'queues' },
      { namespace: 'queues', podLabels: { app: 'a' } },
      { namespace: 'kube-system', podLabels: { 'k8s-app': 'kube-dns' } },
    ),
    ports: fc.uniqueArray(port, { minLength: 1, maxLength: 2 }),
    protocol: fc.constantFrom('TCP' as const, 'UDP' as const),
  },
  { requiredKeys: ['description', 'to', 'ports'] },
)

const tier: fc.Arbitrary<TierSpec> = fc.record(
  {
    description: fc.constant('Some of it'),
    workloads: fc.dictionary(fc.constantFrom(...workloadNames), workload, { maxKeys: 3 }),
    internalTraffic: fc.constantFrom('open' as const, 'closed' as const),
    egress: fc.dictionary(fc.constantFrom('x', 'y'), egress, { maxKeys: 2 }),
  },
  { requiredKeys: ['description', 'workloads'] },
)

/** Small applications without errors, all of them about who reaches whom. */
export const applications: fc.Arbitrary<Application> = fc
  .record({
    tiers: fc.dictionary(fc.constantFrom(...tierNames), tier, { minKeys: 1, maxKeys: 3 }),
    ingress: fc.constantFrom<Partial<EnvironmentSpec>[]>(
      {},
      { ingressNamespace: 'queues' },
      {
        ingressControllers: { inside: { namespace: 'edge', podLabels: { app: 'a' } }, public: { namespace: 'queues' } },
      },
      { ingressControllers: { inside: [{ cidr: '172.16.0.0/22' }, { cidr: 'fd12::/64' }] } },
    ),
    dns: fc.constantFrom<Partial<EnvironmentSpec>[]>(
      {},
      { dns: { namespace: 'queues', podLabels: { app: 'a' }, port: 5353 } },
      { dns: [{ cidr: '169.254.20.10/32' }, { namespace: 'kube-system', podLabels: { 'k8s-app': 'kube-dns' } }] },
    ),
    namespaces: fc.constantFrom({}, { one: 'elsewhere' }),
    named: fc.constantFrom('nothing', 'workload', 'tier'),
  })
  .map(({ tiers, ingress, dns, namespaces, named }) => {
    const known = Object.entries(tiers).map(([name, spec]) => [name, withKnownSources(spec, tiers, ingress)] as const)
    const application = applicationWith({
      tiers: Object.fromEntries(known),
      environments: { dev: environment({ ...ingress, ...dns, namespaces: 'one' in tiers ? namespaces : {} }) },
    })
    return named === 'nothing' ? application : withNamedEgress(application, named === 'workload')
  })
  .filter((application) => !checkApplication(application).some(isError))

/** Takes out the sources that do not exist, and ports nobody has. */
function withKnownSources(
  spec: TierSpec,
  tiers: Readonly<Record<string, TierSpec>>,
  { ingressControllers }: Partial<EnvironmentSpec>,
): TierSpec {
  const isKnown = (source: string) => {
    const [name = '', workload] = source.split('/')
    if (name === 'internet' || (name === 'ingress-controller' && !workload)) return true
    if (name === 'ingress-controller') return ingressControllers !== undefined
    return tiers[name] !== undefined && (!workload || workload in tiers[name].workloads)
  }
  const workloads = Object.entries(spec.workloads).map(([name, workload]) => {
    const own = portsOf(workload)
    const reachableFrom = (own.length === 0 ? [] : (workload.reachableFrom ?? [])).flatMap((entry): SourceSpec[] => {
      const source = typeof entry === 'string' ? entry : 'from' in entry ? entry.from : undefined
      if (source !== undefined && !isKnown(source)) return []
      if (typeof entry === 'string' || !entry.ports) return [entry]
      const ports = entry.ports.filter((choice) => own.some((port) => isChosen(port, choice)))
      return ports.length > 0 ? [{ ...entry, ports }] : []
    })
    return [name, { ...workload, reachableFrom }]
  })
  return { ...spec, workloads: Object.fromEntries(workloads) }
}

/** Every connection between tiers gets an egress: to one port of the workload, or to all of its tier. */
function withNamedEgress(application: Application, isNarrow: boolean): Application {
  const { catalogue } = application
  const tiers = Object.entries(catalogue.tiers).map(([name, spec]) => {
    const links = linksOf(catalogue).filter(({ from }) => from.kind === 'tier' && from.tier === name)
    const named = links.map(({ to, ports }): [string, EgressSpec] => {
      const narrow: EgressSpec = { description: 'One port', to, ports: ports.slice(0, 1).map(({ port }) => port) }
      return isNarrow
        ? [`${to.tier}x${to.workload}`, narrow]
        : [`${to.tier}x`, { description: 'All of it', to: { tier: to.tier } }]
    })
    return [name, { ...spec, egress: { ...spec.egress, ...Object.fromEntries(named) } }]
  })
  return { ...application, catalogue: { ...catalogue, tiers: Object.fromEntries(tiers) } }
}
