import { keyReads } from '../../../cluster/key-reads.ts'
import { specsOf, type TierModel } from '../../../model/resolve.ts'
import { keyOf } from '../../../model/specs.ts'
import type { FoundPods } from '../world/found-pods.ts'
import { type FoundNamespace, namespacesOf, type World } from '../world/world.ts'

/** The variables that the containers of a tier get, as far as the input shows it. */
export interface Delivered {
  readonly names: ReadonlySet<string>
  /** By an entry of the catalogue: the variables that have its value, and whether some container has it as a file. */
  readonly ofEntry: ReadonlyMap<string, { readonly variables: readonly string[]; readonly isFile: boolean }>
  /** Some containers take an object whole whose keys nobody knows. */
  readonly isOpen: boolean
  /** The manifests of the tier are among the input. */
  readonly isSeen: boolean
}

export function deliveredTo(world: World, tier: TierModel): Delivered {
  const found = namespacesOf(world, tier).flatMap((namespace) => namespace.pods.map((pods) => ({ namespace, pods })))
  const targets = tier.externalSecrets
  const reads = found.flatMap(({ namespace, pods }) => keyReads(pods.template.outline, namespace.known))
  const ofEntry = targets.flatMap((target) =>
    specsOf(target).map((spec) => {
      const alike = reads.filter(({ key }) => key === keyOf(spec))
      const own = alike.filter(({ secret }) => secret === target.name)
      // Before pods name its Secret they may have the same key of another one, which is told as such.
      const others = alike.filter(({ secret }) => !targets.some(({ name }) => name === secret))
      const same = own.length > 0 ? own : others
      const variables = same.flatMap(({ by, name }) => (by === 'variable' ? name : []))
      return [spec.variable, { variables, isFile: same.some(({ by }) => by === 'file') }] as const
    }),
  )
  return {
    names: new Set([
      ...ofEntry.map(([variable]) => variable),
      ...found.flatMap(({ namespace, pods }) => variables(namespace, pods)),
    ]),
    ofEntry: new Map(ofEntry),
    isOpen: found.some(({ namespace, pods }) => takesUnknown(namespace, pods)),
    isSeen: found.length > 0,
  }
}

/** Variables whose values other variables take in, as `$(NAME)`. */
export function takenIn(world: World, tier: TierModel): string[] {
  return namespacesOf(world, tier)
    .flatMap(({ pods }) => pods.flatMap(({ template }) => template.outline.containers))
    .flatMap(({ env }) => env.flatMap(({ from }) => (from.type === 'value' ? from.names : [])))
}

// --- internal ---

function variables({ known }: FoundNamespace, { template: { outline } }: FoundPods): string[] {
  return outline.containers.flatMap(({ env, envFrom }) => [
    ...env.map(({ name }) => name),
    ...envFrom.flatMap(({ object, prefix }) => {
      const keys = known.keysOf(object)
      return Array.isArray(keys) ? (keys as readonly string[]).map((key) => prefix + key) : []
    }),
  ])
}

function takesUnknown({ known }: FoundNamespace, { template: { outline } }: FoundPods): boolean {
  return outline.containers.some(({ envFrom }) =>
    envFrom.some(({ object, optional }) => {
      const keys = known.keysOf(object)
      // What may be missing, and is, delivers nothing that code can count on.
      return keys === 'absent' ? !optional : keys === undefined
    }),
  )
}
