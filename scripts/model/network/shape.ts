import { isRecord } from '../../lib/record.ts'
import {
  checkObject,
  type Field,
  type Fields,
  type FieldsOf,
  isWholeNumber,
  number,
  oneOf,
  optional,
  text,
  texts,
} from '../fields.ts'
import type { EnvironmentSpec } from '../types.ts'
import type {
  AddressesSpec,
  DnsSpec,
  OneOrMore,
  OutsideEgressSpec,
  PodsSpec,
  PortChoice,
  PortSpec,
  SourceSpec,
  TierEgressSpec,
  WorkloadNetworkSpec,
} from './spec.ts'

const protocol = oneOf('TCP', 'UDP')
const pods = { namespace: text, podLabels: optional(texts) } satisfies FieldsOf<PodsSpec>
const addresses = { cidr: text } satisfies FieldsOf<AddressesSpec>

const choices: Field<readonly PortChoice[]> = {
  expected: 'a list of names or numbers of ports',
  test: (value) =>
    Array.isArray(value) && value.every((item) => (typeof item === 'string' && item !== '') || isWholeNumber(item)),
}

const ports: Field<Readonly<Record<string, PortSpec>>> = {
  expected: 'an object of ports by name, each a number or { port, protocol }',
  test: (value) =>
    isRecord(value) &&
    Object.values(value).every(
      (item) => isWholeNumber(item) || fits(item, { port: number, protocol: optional(protocol) }),
    ),
}

const sources: Field<readonly SourceSpec[]> = {
  expected:
    'a list of texts, or of { from, ports }, { namespace, podLabels, ports } or { cidr, ports }, where ports may be left out',
  test: (value) =>
    Array.isArray(value) &&
    value.every(
      (item) =>
        typeof item === 'string' ||
        [{ from: text }, pods, addresses].some((fields) => fits(item, { ...fields, ports: optional(choices) })),
    ),
}

/** Those fields of a workload that concern its connections. */
export const workloadNetworkFields = {
  port: optional(number),
  ports: optional(ports),
  reachableFrom: optional(sources),
  podLabels: optional(texts),
} satisfies FieldsOf<WorkloadNetworkSpec>

const outsideFields = {
  description: text,
  to: {
    expected: '"internet", { cidr }, { namespace, podLabels } or { tier, workload }',
    test: (value) => value === 'internet' || fits(value, pods) || fits(value, addresses),
  },
  ports: { expected: 'a list of port numbers', test: (value) => Array.isArray(value) && value.every(isWholeNumber) },
  protocol: optional(protocol),
} satisfies FieldsOf<OutsideEgressSpec>

const toTier = { tier: text, workload: optional(text) } satisfies FieldsOf<TierEgressSpec['to']>

const tierFields = {
  description: text,
  to: { expected: '{ tier } or { tier, workload }', test: (value) => fits(value, toTier) },
  ports: optional(choices),
} satisfies FieldsOf<TierEgressSpec>

/** The fields of an entry of `egress`, which differ by its `to`. */
export function egressFields(egress: unknown): Fields {
  const to = isRecord(egress) ? egress.to : undefined
  return isRecord(to) && ('tier' in to || 'workload' in to) ? tierFields : outsideFields
}

/** Those fields of an environment that concern its network. */
export const environmentNetworkFields = {
  ingressNamespace: optional(text),
  ingressControllers: {
    expected: 'an object by name, not empty, each with { namespace, podLabels }, { cidr } or a list of these',
    test: (value) =>
      isRecord(value) &&
      Object.keys(value).length > 0 &&
      Object.values(value).every(oneOrMore((item) => fits(item, pods) || fits(item, addresses))),
    optional: true,
  },
  dns: {
    expected: '{ namespace, podLabels, port } or { cidr, port }, where port may be left out, or a list of these',
    test: oneOrMore((item) =>
      [{ namespace: text, podLabels: texts }, addresses].some((fields) =>
        fits(item, { ...fields, port: optional(number) }),
      ),
    ),
    optional: true,
  },
} satisfies FieldsOf<Pick<EnvironmentSpec, 'ingressNamespace' | 'ingressControllers'> & { dns?: OneOrMore<DnsSpec> }>

// --- internal ---

function fits(value: unknown, fields: Fields): boolean {
  return checkObject('', value, fields).length === 0
}

function oneOrMore(test: (value: unknown) => boolean): (value: unknown) => boolean {
  return (value) => (Array.isArray(value) ? value.length > 0 && value.every(test) : test(value))
}
