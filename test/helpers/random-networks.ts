import fc from 'fast-check'
import { isError } from '../../scripts/lib/problems.ts'
import { checkApplication } from '../../scripts/model/rules/index.ts'
import type { Application, EgressSpec, TierSpec, WorkloadSpec } from '../../scripts/model/types.ts'
import { applicationWith, environment } from './applications.ts'

const tierNames = ['one', 'two', 'three']
const workloadNames = ['a', 'b', 'c']
const sources = [
  'ingress-controller',
  ...tierNames.flatMap((tier) => [tier, ...workloadNames.map((name) => `${tier}/${name}`)]),
]

const port = fc.constantFrom(80, 443, 4000, 5432)

const workload: fc.Arbitrary<WorkloadSpec> = fc.record(
  {
    kind: fc.constantFrom('Deployment' as const, 'Job' as const),
    port,
    reachableFrom: fc.uniqueArray(fc.constantFrom(...sources), { maxLength: 3 }),
    podLabels: fc.dictionary(fc.constantFrom('app', 'part'), fc.constantFrom('a', 'b', 'x'), { minKeys: 1 }),
  },
  { requiredKeys: ['kind'] },
)

const egress: fc.Arbitrary<EgressSpec> = fc.record(
  {
    description: fc.constant('Somewhere else'),
    to: fc.constantFrom<EgressSpec['to'][]>(
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
    ingressNamespace: fc.constantFrom('ingress-nginx', 'edge', 'queues'),
    dns: fc.constantFrom({}, { dns: { namespace: 'queues', podLabels: { app: 'a' } } }),
    namespaces: fc.constantFrom({}, { one: 'elsewhere' }),
  })
  .map(({ tiers, ingressNamespace, dns, namespaces }) =>
    applicationWith({
      tiers: Object.fromEntries(Object.entries(tiers).map(([name, spec]) => [name, withKnownSources(spec, tiers)])),
      environments: { dev: environment({ ingressNamespace, ...dns, namespaces: 'one' in tiers ? namespaces : {} }) },
    }),
  )
  .filter((application) => !checkApplication(application).some(isError))

/** Takes out the sources that the other tiers don't have, and ports nobody is to reach. */
function withKnownSources(spec: TierSpec, tiers: Readonly<Record<string, TierSpec>>): TierSpec {
  const isKnown = (source: string) => {
    const [name = '', workload] = source.split('/')
    return name === 'ingress-controller' || (tiers[name] && (!workload || workload in tiers[name].workloads))
  }
  const workloads = Object.entries(spec.workloads).map(([name, { reachableFrom = [], ...rest }]) => {
    const known = rest.port === undefined ? [] : reachableFrom.filter(isKnown)
    return [name, { ...rest, reachableFrom: known }]
  })
  return { ...spec, workloads: Object.fromEntries(workloads) }
}
