import { isExampleName, isPlaceholder } from '../../../model/formats/placeholders.ts'
import { at, type FoundObject, recordAt, textAt } from '../../inputs/found-object.ts'
import { about, type Finding } from '../finding.ts'
import { type FoundNamespace, namespaceNamed, type World } from '../world/world.ts'

/** Versions, projects, keys and credentials of stores. */
export function stores(world: World): Finding[] {
  return world.objects
    .filter(({ apiVersion }) => apiVersion.startsWith('external-secrets.io/'))
    .flatMap((object) => [...served(object), ...(isStore(object) ? store(world, object) : [])])
}

// --- internal ---

function isStore({ kind }: FoundObject): boolean {
  return kind === 'SecretStore' || kind === 'ClusterSecretStore'
}

const versions: Readonly<Record<string, string>> = {
  v1alpha1: 'the operator serves this version for other kinds alone',
  v1beta1: 'the operator has not served it since 0.17',
}

function served(object: FoundObject): Finding[] {
  const version = object.apiVersion.slice('external-secrets.io/'.length)
  const fact = versions[version]
  if (fact === undefined || object.kind.endsWith('PushSecret')) return []
  return [
    about(object, 'API_NOT_SERVED', {
      key: version,
      fact: `its apiVersion is ${object.apiVersion}, and ${fact}`,
      expected: 'external-secrets.io/v1',
      fix: `Set apiVersion: external-secrets.io/v1${version === 'v1alpha1' ? ', and put each entry of dataFrom under extract' : ''}.`,
    }),
  ]
}

function store(world: World, object: FoundObject): Finding[] {
  const provider = recordAt(object.raw, 'spec', 'provider', 'scaleway')
  if (Object.keys(provider).length === 0) return []
  return [
    ...project(world, object, provider),
    ...region(world, object, provider),
    ...['accessKey', 'secretKey'].flatMap((half) => credential(world, object, provider, half)),
  ]
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

function project({ model }: World, object: FoundObject, provider: unknown): Finding[] {
  const key = 'spec.provider.scaleway.projectId'
  const id = textAt(provider, 'projectId')
  const tier = model.tiers.find(({ namespace }) => namespace === object.namespace)
  const expected = 'the id of the Scaleway project of the environment'
  const fix = 'Fill in the id of the project, as the Scaleway console shows it.'
  if (id === undefined || isTemplate(id) || isPlaceholder(id) || isExampleName(id) || /^0{8}-[0-]+\d*$/.test(id))
    return [
      about(object, 'PROJECT_PLACEHOLDER', {
        key,
        fact: `${key} is ${id === undefined ? 'missing' : 'a placeholder'}`,
        expected,
        fix,
      }),
    ]
  if (!uuid.test(id))
    return [
      about(object, 'PROJECT_MALFORMED', {
        key,
        fact: `${key} is not a UUID, so that the store is refused`,
        expected,
        fix,
      }),
    ]
  const wanted = tier ? [tier.projectId] : model.tiers.map(({ projectId }) => projectId)
  if (model.example || wanted.includes(id)) return []
  const of = tier ? `tier ${tier.name}` : 'any tier'
  return [
    about(object, 'PROJECT_DIFFERS', {
      key,
      fact: `${key} is not the project of ${of} in the environment ${model.environment}`,
      expected: 'the same project in the store and in scripts/environments.ts',
      fix: 'Correct one of them.',
    }),
  ]
}

function region({ model }: World, object: FoundObject, provider: unknown): Finding[] {
  const key = 'spec.provider.scaleway.region'
  const value = textAt(provider, 'region')
  const fix = `Set region: ${model.region}, or correct region in scripts/environments.ts.`
  if (value === undefined || !/^[a-z]{2}-[a-z]{3}$/.test(value))
    return [
      about(object, 'PROJECT_MALFORMED', {
        key,
        fact: `${key} is not a region`,
        expected: `a region such as ${model.region}`,
        fix,
      }),
    ]
  if (value === model.region) return []
  const fact = `${key} is ${value}, and the environment ${model.environment} is in ${model.region}`
  return [about(object, 'PROJECT_DIFFERS', { key, fact, expected: 'the same region', fix })]
}

function credential(world: World, object: FoundObject, provider: unknown, half: string): Finding[] {
  const path = `spec.provider.scaleway.${half}`
  const name = textAt(provider, half, 'secretRef', 'name')
  const key = textAt(provider, half, 'secretRef', 'key')
  const inClear = textAt(provider, half, 'value')
  if (inClear !== undefined && half === 'secretKey' && !isTemplate(inClear) && !isPlaceholder(inClear)) {
    return [
      about(object, 'KEY_IN_CLEAR', {
        key: path,
        fact: `${path}.value has the key itself, for everybody who reads the manifest or the store`,
        expected: `${path}.secretRef`,
        fix: 'Revoke the key in the Scaleway console, write a new one into a Secret, and name the Secret with secretRef.',
      }),
    ]
  }
  if (at(provider, half) === undefined || name === undefined) return []
  const namespace = textAt(provider, half, 'secretRef', 'namespace') ?? object.namespace
  const place = namespaceNamed(world, namespace)
  return dangling(world, object, place, { path, name, key })
}

function dangling(
  { isLive }: World,
  object: FoundObject,
  place: FoundNamespace | undefined,
  { path, name, key }: { readonly path: string; readonly name: string; readonly key: string | undefined },
): Finding[] {
  const keys = place?.known.keysOf({ kind: 'Secret', name })
  const fix = `Make the Secret ${name} in the namespace of the store, or correct ${path}.secretRef.`
  if (keys === 'absent') {
    const fact = `${path} names the Secret ${name}, which ${isLive ? 'does not exist' : 'nothing that was read makes'}`
    const severity = isLive ? 'error' : 'warning'
    return [
      about(object, 'REFERENCE_UNMADE', {
        key: `Secret/${name}`,
        severity,
        fact,
        expected: 'the Secret of its API key',
        fix,
      }),
    ]
  }
  if (keys === undefined || key === undefined || keys.includes(key)) return []
  const fact = `${path} names the key ${key} of Secret ${name}, which does not have it`
  return [about(object, 'KEY_UNMADE', { key: `Secret/${name} ${key}`, fact, expected: 'one of its keys', fix })]
}

/** What some other tool fills in before it is applied: nothing is known of it. */
function isTemplate(text: string): boolean {
  return /\$\{|\{\{|<%/.test(text)
}
