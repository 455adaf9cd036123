import { compare } from '../../lib/problems.ts'
import type { Facts, FoundEntry, FoundExternalSecret, FoundRef, FoundSecret } from './facts.ts'
import { fieldOf, holdersOf } from './whole-fields.ts'

/** A key of a Secret that workloads read, and where its value is kept. */
export interface TargetKey {
  readonly namespace: string
  /** The Secret. */
  readonly target: string
  /** Type of the Secret; undefined: Opaque. */
  readonly type: string | undefined
  readonly key: string
  /** What the value is called before a template gives it its key; undefined: as the key. */
  readonly valueName?: string
  /** Undefined: somebody wrote the value into the Secret. */
  readonly source: { readonly provider: string; readonly ref: FoundRef; readonly isBundled: boolean } | undefined
  /** There is no Secret, but a file of values on a machine. */
  readonly isFile: boolean
  /** What is missing at the provider is left out. */
  readonly leavesOutMissing: boolean
  readonly where: string
}

/** Every key of every Secret that an ExternalSecret or somebody writes, sorted. */
export function targetKeys(facts: Facts): TargetKey[] {
  const delivered = facts.externalSecrets.flatMap((one) => keysOf(one, facts))
  const targets = new Set(facts.externalSecrets.map(({ namespace, target }) => `${namespace}/${target}`))
  const written = facts.secrets.filter(
    ({ namespace, name, isManaged }) =>
      !isManaged && !targets.has(`${namespace}/${name}`) && !isCredential(name, facts),
  )
  return [...delivered, ...written.flatMap(writtenKeys)].sort(
    (a, b) => compare(a.namespace, b.namespace) || compare(a.target, b.target) || compare(a.key, b.key),
  )
}

/** JSON objects that are read whole, and of whose fields nothing tells any, or some while a workload takes all. */
export function untoldWholes(facts: Facts): FoundExternalSecret[] {
  return facts.externalSecrets.filter(
    (one) =>
      one.wholes.length > 0 && (fieldsOf(one, facts).length === 0 || (isTaken(one, facts) && !isThere(one, facts))),
  )
}

/** Keys that pods name or a Secret has, and that more than one source may deliver. */
export function unsourcedKeys(
  facts: Facts,
): { readonly target: string; readonly key: string; readonly where: string }[] {
  return facts.externalSecrets.flatMap((one) => {
    const known = new Set(fieldsOf(one, facts).map(({ key }) => key))
    if (one.wholes.length === 0 && !one.hasUnknownSource) return []
    return toldKeys(one, facts).flatMap((key) =>
      known.has(key) ? [] : [{ target: one.target, key, where: one.where }],
    )
  })
}

/** The provider behind an ExternalSecret; `unknown` where its store is not among the input. */
export function providerOf({ namespace, store }: FoundExternalSecret, { stores }: Facts, ref: FoundRef): string {
  const found = stores.find(
    (one) => one.name === store?.name && one.namespace === (store.isClusterWide ? undefined : namespace),
  )
  return found?.provider ?? (/^(path|name|id):/.test(ref.key) ? 'scaleway' : 'unknown')
}

// --- internal ---

function keysOf(one: FoundExternalSecret, facts: Facts): TargetKey[] {
  const { namespace, target, type, leavesOutMissing } = one
  return [...one.entries, ...fieldsOf(one, facts)].map(
    ({ key, valueName, ref, isBundled, where: place }: FoundEntry) => ({
      ...(valueName === undefined ? {} : { valueName }),
      ...{ namespace, target, type, key, leavesOutMissing, isFile: false, where: place },
      source: { provider: providerOf(one, facts, ref), ref, isBundled },
    }),
  )
}

/** Whether some workload takes every key of its target. */
function isTaken({ namespace, target }: FoundExternalSecret, { workloads }: Facts): boolean {
  return workloads.some(
    (workload) =>
      workload.namespace === namespace &&
      workload.uses.some(({ secret, keys }) => secret === target && keys === undefined),
  )
}

/** Whether the Secret itself is among the input. */
function isThere({ namespace, target }: FoundExternalSecret, { secrets }: Facts): boolean {
  return secrets.some((secret) => secret.namespace === namespace && secret.name === target)
}

/** Told keys of which one object alone can be the source. */
function fieldsOf(one: FoundExternalSecret, facts: Facts): FoundEntry[] {
  return toldKeys(one, facts).flatMap((key) => {
    const [whole, ...others] = holdersOf(key, one.wholes)
    const isCertain = whole !== undefined && others.length === 0 && !(one.hasUnknownSource && whole.prefix === '')
    return isCertain ? [fieldOf(whole, key, key, one.where)] : []
  })
}

/** Keys of a target besides its own entries: as the Secret has them, or as workloads name them. */
function toldKeys({ namespace, target, entries }: FoundExternalSecret, { secrets, workloads }: Facts): string[] {
  const live = secrets.find((secret) => secret.namespace === namespace && secret.name === target)?.keys ?? []
  const read = workloads
    .filter((workload) => workload.namespace === namespace)
    .flatMap(({ uses }) => uses.flatMap(({ secret, keys }) => (secret === target ? (keys ?? []) : [])))
  return [...new Set([...live, ...read])].filter((key) => !entries.some((entry) => entry.key === key)).sort(compare)
}

/** The Secret with which a store opens its provider is nothing for the application. */
function isCredential(name: string, { stores }: Facts): boolean {
  return stores.some(({ credentials }) => credentials.includes(name))
}

function writtenKeys({ namespace, name, type, keys, isFile = false, where }: FoundSecret): TargetKey[] {
  return keys.map((key) => ({
    ...{ namespace, target: name, type, key, source: undefined, isFile, leavesOutMissing: false, where },
  }))
}
