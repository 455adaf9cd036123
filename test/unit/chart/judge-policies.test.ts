import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { judgePolicies } from '../../../scripts/chart/judge-policies.ts'
import type { Manifest } from '../../../scripts/chart/manifests.ts'
import { type NetworkPolicySpec, networkPoliciesOf, type Peer } from '../../../scripts/chart/network-policy.ts'
import { checkReachability } from '../../../scripts/chart/reachability-difference.ts'
import type { Endpoint, Grant, PodEndpoint, Side } from '../../../scripts/model/network/reachability.ts'
import { resolve } from '../../../scripts/model/resolve.ts'
import { bookshop, trackdechets } from '../../fixtures/applications.ts'
import { handBuiltPolicies } from '../../helpers/hand-built-policies.ts'
import { applications } from '../../helpers/random-networks.ts'
import { withValue } from '../../helpers/values.ts'

const policy = (spec: NetworkPolicySpec, name = 'p', namespace = 'own'): Manifest => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name, namespace },
  spec: spec as Readonly<Record<string, unknown>>,
})
const pod = (namespace: string, labels: PodEndpoint['labels'] = {}): PodEndpoint => ({
  kind: 'pod',
  name: namespace,
  namespace,
  labels,
  ports: [],
})
const address = (value: string | undefined): Endpoint => ({ kind: 'address', name: '', address: value, ports: [] })

const namespaces = { other: { team: 'blue' }, third: { team: 'red', stage: 'x' } }
/** What each side of a connection permits: `open`, or `TCP 80` and the like. */
const judged = (from: Endpoint, to: Endpoint, ...specs: NetworkPolicySpec[]) => {
  const { policies } = networkPoliciesOf(specs.map((spec, index) => policy(spec, `p${index}`)))
  const { egress, ingress } = judgePolicies(policies, namespaces)(from, to)
  const range = ({ first, last }: Grant) =>
    first === 1 && last === 65535 ? '*' : first === last ? first : `${first}-${last}`
  const text = (side: Side) => (side === 'open' ? side : side.map((one) => `${one.protocol} ${range(one)}`).join(', '))
  return { out: text(egress), in: text(ingress) }
}
/** The same for one peer of an ingress rule of all ports. */
const isLetIn = (peer: Peer, from: Endpoint) =>
  judged(from, pod('own'), { podSelector: {}, ingress: [{ from: [peer] }] }).in === 'any *'

const [own, other] = [pod('own'), pod('other')]

describe('which policies apply', () => {
  test('a pod that none selects is open', () => {
    expect(judged(other, own)).toEqual({ out: 'open', in: 'open' })
    const labelled = { podSelector: { matchLabels: { app: 'a' } }, policyTypes: ['Ingress', 'Egress'] }
    expect(judged(other, own, labelled).in).toBe('open')
    expect(judged(other, pod('own', { app: 'a' }), labelled).in).toBe('')
  })

  test('a policy is about the pods of its own namespace', () => {
    expect(judged(other, other, { podSelector: {}, policyTypes: ['Ingress', 'Egress'] })).toEqual({
      out: 'open',
      in: 'open',
    })
    expect(judged(own, own, { podSelector: {}, policyTypes: ['Ingress', 'Egress'] })).toEqual({ out: '', in: '' })
  })

  test('without policyTypes it is about ingress, and about egress if it has egress rules', () => {
    expect(judged(own, own, { podSelector: {} })).toEqual({ out: 'open', in: '' })
    expect(judged(own, own, { podSelector: {}, egress: [] })).toEqual({ out: 'open', in: '' })
    expect(judged(own, own, { podSelector: {}, egress: [{}] })).toEqual({ out: 'any *', in: '' })
    expect(judged(own, own, { podSelector: {}, policyTypes: [], ingress: [{}] })).toEqual({ out: 'open', in: 'any *' })
  })

  test('with policyTypes, rules of another direction count for nothing', () => {
    const rules = { ingress: [{}], egress: [{}] }
    expect(judged(own, own, { podSelector: {}, policyTypes: ['Egress'], ...rules })).toEqual({
      out: 'any *',
      in: 'open',
    })
    expect(judged(own, own, { podSelector: {}, policyTypes: ['Ingress'], ...rules })).toEqual({
      out: 'open',
      in: 'any *',
    })
  })

  test('what any policy permits is permitted', () => {
    const port = (number: number) => ({ podSelector: {}, ingress: [{ ports: [{ port: number }] }] })
    expect(judged(other, own, { podSelector: {} }, port(80), port(443)).in).toBe('TCP 80, TCP 443')
  })
})

describe('whom a rule is for', () => {
  test('without `from`, or with an empty one, everybody', () => {
    for (const from of [undefined, []]) {
      const rule = { podSelector: {}, ingress: [from ? { from } : {}] }
      for (const end of [own, other, address('203.0.113.1')]) expect(judged(end, own, rule).in).toBe('any *')
    }
  })

  test('without rules, nobody', () => {
    expect(judged(own, own, { podSelector: {}, ingress: [], policyTypes: ['Ingress'] }).in).toBe('')
  })

  test('a podSelector alone means pods of the policy’s namespace', () => {
    const peer = { podSelector: { matchLabels: { app: 'a' } } }
    expect(isLetIn(peer, pod('own', { app: 'a' }))).toBe(true)
    expect(isLetIn(peer, pod('own'))).toBe(false)
    expect(isLetIn(peer, pod('other', { app: 'a' }))).toBe(false)
    expect(isLetIn({ podSelector: {} }, other)).toBe(false)
  })

  test('a namespaceSelector alone means every pod of these namespaces; the empty one, every namespace', () => {
    const peer = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'other' } } }
    expect(isLetIn(peer, pod('other', { app: 'a' }))).toBe(true)
    expect(isLetIn(peer, own)).toBe(false)
    expect(isLetIn({ namespaceSelector: {} }, pod('anywhere'))).toBe(true)
    expect(isLetIn({ namespaceSelector: {} }, address('203.0.113.1'))).toBe(false)
  })

  test('both selectors in one peer mean pods that both select', () => {
    const peer = { namespaceSelector: { matchLabels: { team: 'blue' } }, podSelector: { matchLabels: { app: 'a' } } }
    expect(isLetIn(peer, pod('other', { app: 'a' }))).toBe(true)
    expect(isLetIn(peer, pod('other'))).toBe(false)
    expect(isLetIn(peer, pod('own', { app: 'a' }))).toBe(false)
    expect(isLetIn(peer, pod('third', { app: 'a' }))).toBe(false)
  })

  test.each([
    ['In', ['blue', 'red'], ['other', 'third']],
    ['In', ['red'], ['third']],
    ['NotIn', ['red'], ['own', 'other']],
    ['Exists', undefined, ['other', 'third']],
    ['DoesNotExist', undefined, ['own']],
  ])('a namespace whose label is %s %j', (operator, values, expected) => {
    const peer = { namespaceSelector: { matchExpressions: [{ key: 'team', operator, ...(values ? { values } : {}) }] } }
    expect(['own', 'other', 'third'].filter((name) => isLetIn(peer, pod(name)))).toEqual(expected)
  })

  test('labels and expressions of one selector all have to fit', () => {
    const peer = {
      namespaceSelector: {
        matchLabels: { team: 'red' },
        matchExpressions: [{ key: 'stage', operator: 'DoesNotExist' }],
      },
    }
    expect(isLetIn(peer, pod('third'))).toBe(false)
  })

  test('a network holds its addresses but for those excepted, of its own family, and no pod', () => {
    const peer = { ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16', '10.2.3.4/32'] } }
    const held = ['10.0.0.0', '10.255.255.255', '10.1.2.3', '10.2.3.4', '10.2.3.5', '11.0.0.0', '::a00:1']
    expect(held.filter((one) => isLetIn(peer, address(one)))).toEqual(['10.0.0.0', '10.255.255.255', '10.2.3.5'])
    expect(isLetIn(peer, own)).toBe(false)
    expect(isLetIn({ ipBlock: { cidr: '::/0' } }, address('10.0.0.1'))).toBe(false)
    expect(isLetIn({ ipBlock: { cidr: '0.0.0.0/0' } }, address('2001:db8::1'))).toBe(false)
    expect(isLetIn({ ipBlock: { cidr: '2001:db8::/32' } }, address('2001:db8::1'))).toBe(true)
  })

  test('an address nobody knows may be in any network', () => {
    expect(isLetIn({ ipBlock: { cidr: '203.0.113.7/32' } }, address(undefined))).toBe(true)
    expect(isLetIn({ namespaceSelector: {} }, address(undefined))).toBe(false)
  })
})

test.each([
  [undefined, 'any *'],
  [[], 'any *'],
  [[{ port: 80 }], 'TCP 80'],
  [
    [
      { protocol: 'UDP', port: 53 },
      { protocol: 'TCP', port: 53 },
    ],
    'TCP 53, UDP 53',
  ],
  [[{ protocol: 'SCTP' }], 'SCTP *'],
  [[{ port: 8000, endPort: 8080 }], 'TCP 8000-8080'],
])('ports %j are %s', (ports, expected) => {
  const rule = ports ? { ports } : {}
  expect(judged(own, other, { podSelector: {}, policyTypes: ['Egress'], egress: [rule] }).out).toBe(expected)
})

test.each<[string, NetworkPolicySpec]>([
  ['it names the port "http"', { podSelector: {}, ingress: [{ ports: [{ port: 'http' }] }] }],
  ['a peer is empty', { podSelector: {}, ingress: [{ from: [{}] }] }],
  [
    'a peer is pods and a network at once',
    { podSelector: {}, egress: [{ to: [{ podSelector: {}, ipBlock: { cidr: '::/0' } }] }] },
  ],
  ['"10.0.0/8" is not a network', { podSelector: {}, egress: [{ to: [{ ipBlock: { cidr: '10.0.0/8' } }] }] }],
  [
    'a selector has the operator "Gt"',
    { podSelector: { matchExpressions: [{ key: 'a', operator: 'Gt', values: ['1'] }] } },
  ],
])('what can’t be judged is told: %s', (fact, spec) => {
  expect(networkPoliciesOf([policy(spec)]).problems).toMatchObject([
    {
      code: 'NETWORK_POLICY_UNSUPPORTED',
      where: 'NetworkPolicy/own/p',
      message: `${fact}, which the reachability table can't show. Expected ports by number and peers the API server accepts.`,
    },
  ])
})

test('for any small application, the policies that follow from it allow what it says and nothing else', () => {
  fc.assert(
    fc.property(applications, (application) => {
      const model = resolve(application, 'dev')
      expect(checkReachability(handBuiltPolicies(model), model, application.catalogue)).toEqual([])
    }),
    { numRuns: 60 },
  )
})

test('for any small application, a policy that is left out is told', () => {
  fc.assert(
    fc.property(applications, fc.nat(), (application, choice) => {
      const model = resolve(application, 'dev')
      const policies = handBuiltPolicies(model)
      const candidates = policies.filter(({ metadata }) => metadata.name !== 'default-deny')
      const dropped = candidates[choice % candidates.length]
      const rest = policies.filter((one) => one !== dropped)
      expect(checkReachability(rest, model, application.catalogue).length).toBeGreaterThan(0)
    }),
    { numRuns: 40 },
  )
})

describe('a policy of Trackdéchets that is changed', () => {
  const model = resolve(trackdechets, 'recette')
  const policies = handBuiltPolicies(model)
  /** One line a problem, without the number of sources that differ in the same way. */
  const told = (list: readonly Manifest[]) =>
    checkReachability(list, model, trackdechets.catalogue).map(({ code, where, message }) => {
      expect(code).toBe('REACHABILITY_DIFFERS')
      return `${where.replace('reachability recette: ', '').replace(/ and \d+ more/, '')}: ${message}`
    })
  const changed = (namespace: string, name: string, place: string, value: unknown) => {
    const found = policies.filter(
      ({ metadata }) => metadata.name === name && metadata.namespace === `trackdechets-${namespace}`,
    )
    expect(found).toHaveLength(1)
    return policies.map((one) => (one === found[0] ? withValue(one, place, value) : one))
  }

  test('as it is, nothing is told', () => {
    expect(told(policies)).toEqual([])
  })

  test('default-deny of the frontend left out opens its other pods', () => {
    const rest = policies.filter(
      ({ metadata }) => metadata.name !== 'default-deny' || metadata.namespace !== 'trackdechets-frontend',
    )
    expect(told(rest)).toContain(
      'from backend/api to frontend/(other pods): the policies let in everything, by no policy. Expected them to let in nothing.',
    )
  })

  test('an empty `from` lets everybody in', () => {
    expect(told(changed('backend', 'allow-to-api', 'spec.ingress.0.from', []))).toContain(
      'from any other pod of the cluster to backend/api: the policies let in TCP 4000 by allow-to-api. Expected them to let in nothing.',
    )
  })

  test('the two selectors of a peer split in two let out to every pod of the namespace', () => {
    const [peer] = [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'trackdechets-backend' } } }]
    const split = [peer, { podSelector: { matchLabels: { app: 'api' } } }]
    expect(told(changed('frontend', 'allow-to-backend-api', 'spec.egress.0.to', split))).toContain(
      'from frontend/ui to backend/notifier: the policies let out TCP 4000 by allow-to-backend-api. Expected them to let out nothing.',
    )
  })

  test.each<[string, string, string, string, unknown, string]>([
    ['a wider selector', 'backend', 'allow-to-notifier', 'spec.podSelector', {}, 'to backend/cron'],
    [
      'other labels',
      'backend',
      'allow-to-notifier',
      'spec.podSelector.matchLabels.app',
      'x',
      'to a pod of trackdechets-backend (app=x)',
    ],
    ['another port', 'frontend', 'allow-to-ui', 'spec.ingress.0.ports.0.port', 3001, 'to frontend/ui'],
    ['another protocol', 'frontend', 'allow-to-ui', 'spec.ingress.0.ports.0.protocol', 'UDP', 'to frontend/ui'],
    ['a range of ports', 'frontend', 'allow-to-ui', 'spec.ingress.0.ports.0.endPort', 3005, 'to frontend/ui'],
    ['no ports', 'frontend', 'allow-to-ui', 'spec.ingress.0.ports', undefined, 'to frontend/ui'],
    ['every namespace', 'frontend', 'allow-to-ui', 'spec.ingress.0.from.0.namespaceSelector', {}, 'from backend/api'],
    [
      'a namespace nobody knows',
      'frontend',
      'allow-to-ui',
      'spec.ingress.0.from.0.namespaceSelector.matchLabels',
      { team: 'x' },
      'from a pod of a namespace labelled {"team":"x"}',
    ],
    [
      'a network let in',
      'frontend',
      'allow-to-ui',
      'spec.ingress.0.from.0',
      { ipBlock: { cidr: '198.51.100.0/24' } },
      'from outside the cluster to frontend/ui',
    ],
    [
      'an exception left out',
      'backend',
      'allow-to-https',
      'spec.egress.0.to.0.ipBlock.except',
      ['10.0.0.0/8'],
      'to cloud metadata',
    ],
    [
      'a wider network',
      'backend',
      'allow-to-databases',
      'spec.egress.0.to.0.ipBlock.cidr',
      '0.0.0.0/0',
      'to the internet',
    ],
    [
      'a direction left out',
      'backend',
      'allow-to-databases',
      'spec.policyTypes',
      ['Ingress'],
      'to databases of backend (10.0.0.0/8)',
    ],
    ['another name', 'frontend', 'allow-dns', 'metadata.name', 'dns', 'to DNS'],
  ])('%s is told', (_, tier, name, place, value, expected) => {
    expect(told(changed(tier, name, place, value)).join('\n')).toContain(expected)
  })

  test('a policy somebody added is told', () => {
    const more = policy({ podSelector: {}, ingress: [{}] }, 'debug', 'trackdechets-backend')
    expect(told([...policies, more]).join('\n')).toContain(
      'from frontend/ui to backend/api: the policies let in TCP 4000 by allow-to-api, everything by debug. Expected them to let in TCP 4000 by allow-to-api.',
    )
  })
})

test('policies of another environment are told', () => {
  const model = resolve(bookshop, 'live')
  expect(checkReachability(handBuiltPolicies(model), model, bookshop.catalogue)).toEqual([])
  const elsewhere = handBuiltPolicies(resolve(bookshop, 'preview'))
  expect(checkReachability(elsewhere, model, bookshop.catalogue).length).toBeGreaterThan(0)
})
