import type { TierModel } from './resolve.ts'
import { mainTargetName } from './targets.ts'
import type { ReadsSpec, SecretSpec, WorkloadKind } from './types.ts'

/** A workload of the catalogue. */
export interface Consumer {
  readonly name: string
  readonly kind: WorkloadKind
}

type ConsumingTier = Pick<TierModel, 'name' | 'workloads'>

/** What a workload reads that says nothing of it. */
export const defaultReads: ReadsSpec = { targets: [mainTargetName] }

/** Whether what a workload reads includes an entry of its tier. */
export function covers(
  { targets = [], identities = [], variables = [] }: ReadsSpec,
  { target = mainTargetName, identity, variable }: Pick<SecretSpec, 'target' | 'identity' | 'variable'>,
): boolean {
  return (
    targets.includes(target) ||
    variables.includes(variable) ||
    (identity !== undefined && identities.includes(identity))
  )
}

/** Whether this workload of a tier reads this entry of it according to the catalogue. */
export function consumes({ name, workloads }: ConsumingTier, workload: string, spec: SecretSpec): boolean {
  return (
    spec.tier === name && Object.hasOwn(workloads, workload) && covers(workloads[workload]?.reads ?? defaultReads, spec)
  )
}

/** The workloads of a tier that read one of these entries according to the catalogue. */
export function consumersOf(tier: ConsumingTier, specs: readonly SecretSpec[]): Consumer[] {
  return Object.entries(tier.workloads)
    .filter(([name]) => specs.some((spec) => consumes(tier, name, spec)))
    .map(([name, { kind }]) => ({ name, kind }))
}

/** The shortest way to say that a workload reads these of the entries of its tier; undefined where the default says it. */
export function readsFor(wanted: readonly SecretSpec[], all: readonly SecretSpec[]): ReadsSpec | undefined {
  const isWhole = (part: readonly SecretSpec[]) => part.length > 0 && part.every((spec) => wanted.includes(spec))
  const namesOf = (name: (spec: SecretSpec) => string | undefined) => [
    ...new Set(all.flatMap((spec) => name(spec) ?? [])),
  ]
  const targets = namesOf(({ target = mainTargetName }) => target).filter((name) =>
    isWhole(all.filter(({ target = mainTargetName }) => target === name)),
  )
  const rest = wanted.filter((spec) => !covers({ targets }, spec))
  const identities = namesOf(({ identity }) => identity).filter((name) => {
    const part = all.filter(({ identity }) => identity === name)
    return isWhole(part) && part.some((spec) => rest.includes(spec))
  })
  const variables = rest.filter((spec) => !covers({ identities }, spec)).map(({ variable }) => variable)
  const reads = {
    ...(targets.length > 0 ? { targets } : {}),
    ...(identities.length > 0 ? { identities } : {}),
    ...(variables.length > 0 ? { variables } : {}),
  }
  const [only, ...others] = targets
  const isDefault = only === mainTargetName && others.length + identities.length + variables.length === 0
  return isDefault ? undefined : reads
}

/** As it is written in the catalogue: `reads: { targets: ['main', 'tls'] }`. */
export function readsText(reads: ReadsSpec): string {
  const fields = Object.entries(reads).map(([field, names]) => {
    return `${field}: [${(names as readonly string[]).map((name) => `'${name}'`).join(', ')}]`
  })
  return `reads: { ${fields.join(', ')} }`.replace('{  }', '{}')
}
