import { type ObjectName, objectsOf, type PodOutline } from '../../../cluster/pod-outline.ts'
import { nearest } from '../../../lib/nearest.ts'
import { at, listAt, textAt } from '../../inputs/found-object.ts'
import { about, type Finding } from '../finding.ts'
import type { FoundPods } from '../world/found-pods.ts'
import type { FoundNamespace, World } from '../world/world.ts'

/** Pods that name a Secret, a ConfigMap or a key which nothing makes, or the Secret of another tier. */
export function references(world: World): Finding[] {
  return world.namespaces.flatMap((namespace) =>
    namespace.pods.flatMap((pods) => [
      ...unmade(world, namespace, pods),
      ...unmadeKeys(namespace, pods),
      ...optional(namespace, pods),
      ...foreign(world, namespace, pods),
    ]),
  )
}

// --- internal ---

function unmade(world: World, namespace: FoundNamespace, { object, template, spec }: FoundPods): Finding[] {
  const needed = [...requiredObjects(template.outline), ...settingsFiles(spec).map(({ object: one }) => one)]
  return uniqueObjects(needed).flatMap((one) => {
    if (namespace.known.keysOf(one) !== 'absent' || ownerElsewhere(world, namespace, one.name)) return []
    const names = namespace.made.filter(({ kind }) => kind === one.kind).map(({ name }) => name)
    const near = nearest(one.name, names)
    return about(object, 'REFERENCE_UNMADE', {
      key: `${one.kind}/${one.name}`,
      ...(world.isLive ? { severity: 'error' as const } : {}),
      fact: `its pods need the ${one.kind} ${one.name}, and ${world.isLive ? 'it does not exist' : 'nothing that was read makes it'}`,
      expected: `a ${one.kind} that a manifest or the catalogue makes${near ? `, such as ${near}` : ''}`,
      fix: near
        ? `Name ${near} if it is meant, or add ${one.name} to the manifests.`
        : `Add ${one.name} to the manifests, or name the folder that has it with --manifests too.`,
    })
  })
}

/** Without it a container does not start. */
function requiredObjects({ containers, volumes }: PodOutline): ObjectName[] {
  const all: ObjectName[] = [
    ...containers.flatMap(({ envFrom, env }) => [
      ...envFrom.flatMap(({ object, optional }) => (optional ? [] : object)),
      ...env.flatMap(({ from }) => (from.type === 'key' && !from.optional ? from.object : [])),
    ]),
    ...volumes.flatMap(({ files }) =>
      files.flatMap(({ secret, optional }) => (optional ? [] : { kind: 'Secret' as const, name: secret })),
    ),
  ]
  return uniqueObjects(all)
}

function uniqueObjects(all: readonly ObjectName[]): ObjectName[] {
  return [...new Map(all.map((one) => [`${one.kind}/${one.name}`, one])).values()]
}

/** ConfigMaps whose files some container mounts, and does not start without, with the keys that are named. */
function settingsFiles(spec: FoundPods['spec']): { readonly object: ObjectName; readonly keys: readonly string[] }[] {
  const mounted = new Set(
    ['initContainers', 'containers']
      .flatMap((field) => listAt(spec, field))
      .flatMap((container) => listAt(container, 'volumeMounts').flatMap((mount) => textAt(mount, 'name') ?? [])),
  )
  const volumes = listAt(spec, 'volumes').filter((volume) => mounted.has(textAt(volume, 'name') ?? ''))
  const sources = volumes.flatMap((volume) => [volume, ...listAt(volume, 'projected', 'sources')])
  return sources.flatMap((source) => {
    const name = textAt(source, 'configMap', 'name')
    if (name === undefined || at(source, 'configMap', 'optional') === true) return []
    const keys = listAt(source, 'configMap', 'items').flatMap((item) => textAt(item, 'key') ?? [])
    return [{ object: { kind: 'ConfigMap' as const, name }, keys }]
  })
}

function unmadeKeys({ known }: FoundNamespace, { object, template: { outline }, spec }: FoundPods): Finding[] {
  const variables = outline.containers.flatMap(({ env }) =>
    env.flatMap(({ from }) => (from.type === 'key' && !from.optional ? { object: from.object, key: from.key } : [])),
  )
  const files = outline.volumes.flatMap(({ files }) =>
    files.flatMap(({ secret, items = [], optional }) =>
      optional ? [] : items.map(({ key }) => ({ object: { kind: 'Secret' as const, name: secret }, key })),
    ),
  )
  const settings = settingsFiles(spec).flatMap(({ object: one, keys }) => keys.map((key) => ({ object: one, key })))
  return [...variables, ...files, ...settings].flatMap(({ object: { kind, name }, key }) => {
    const keys = known.keysOf({ kind, name })
    if (!Array.isArray(keys) || keys.includes(key)) return []
    const near = nearest(key, keys)
    return about(object, 'KEY_UNMADE', {
      key: `${kind}/${name} ${key}`,
      fact: `it needs the key ${key} of ${kind} ${name}, which does not have it`,
      expected: near ? `one of its keys, such as ${near}` : 'one of its keys',
      fix: near
        ? `Correct the key to ${near}, or add ${key} to what makes ${name}.`
        : `Add ${key} to what makes ${name}, or take the reference out.`,
    })
  })
}

/** Required references to a target that the catalogue says may lack what Scaleway lacks. */
function optional({ tier }: FoundNamespace, { object, template }: FoundPods): Finding[] {
  const targets = (tier?.externalSecrets ?? []).filter((target) => target.optional).map(({ name }) => name)
  return requiredObjects(template.outline).flatMap(({ kind, name }) =>
    kind !== 'Secret' || !targets.includes(name)
      ? []
      : about(object, 'OPTIONAL_REQUIRED', {
          key: `Secret/${name}`,
          fact: `its pods need the Secret ${name}, which has the optional secrets of tier ${tier?.name}: they do not start while one of these is missing`,
          expected: 'optional: true beside each reference to it',
          fix: `Add optional: true to each reference to ${name}, or take \`optional\` out of what must be there in scripts/catalogue.ts.`,
        }),
  )
}

/** The Secret of one tier, named in another one: the boundary of the namespace is all that keeps them apart. */
function foreign(world: World, namespace: FoundNamespace, { object, template }: FoundPods): Finding[] {
  const named = objectsOf(template.outline).filter(({ kind }) => kind === 'Secret')
  if (!namespace.tier) return severalTiers(world, named, { object, template })
  const own = new Set(namespace.made.filter(({ by }) => by === undefined).map(({ name }) => name))
  return named.flatMap(({ name }) => {
    const owner = own.has(name) ? undefined : ownerElsewhere(world, namespace, name)
    if (owner === undefined) return []
    return about(object, 'OTHER_TIER_SECRET', {
      key: `Secret/${name}`,
      fact: `its pods are in tier ${namespace.tier?.name} and name the Secret ${name} of tier ${owner}`,
      expected: `Secrets of tier ${namespace.tier?.name} alone`,
      fix: `Give the value an entry of its own in tier ${namespace.tier?.name} of scripts/catalogue.ts, and take the reference out.`,
    })
  })
}

function ownerElsewhere({ model }: World, { tier }: FoundNamespace, secret: string): string | undefined {
  if (!tier) return undefined
  return model.tiers.find((other) => other.name !== tier.name && secretsOf(other).includes(secret))?.name
}

type Tier = World['model']['tiers'][number]

function secretsOf(tier: Tier): string[] {
  return [...tier.externalSecrets.map(({ name }) => name), tier.credentialsSecret]
}

function severalTiers(
  { model }: World,
  named: readonly ObjectName[],
  { object }: Pick<FoundPods, 'object' | 'template'>,
): Finding[] {
  const tiers = model.tiers.filter((tier) => named.some(({ name }) => secretsOf(tier).includes(name)))
  if (tiers.length < 2) return []
  const names = tiers.map(({ name }) => name)
  return [
    about(object, 'OTHER_TIER_SECRET', {
      key: names.join(' '),
      fact: `its pods name Secrets of the tiers ${names.join(' and ')}`,
      expected: 'Secrets of one tier',
      fix: 'Split the workload, or give each value an entry in the tier of the workload in scripts/catalogue.ts.',
    }),
  ]
}
