import type { FoundObject, Inputs } from '../inputs/found-object.ts'
import { examplePrograms, secretNames } from './example-programs.ts'
import type { Facts, FoundSecret, Leftover, OwnNames } from './facts.ts'
import { namedSecrets } from './named-secrets.ts'
import { readCompose } from './read-compose.ts'
import { isExternalSecret, readExternalSecret } from './read-external-secrets.ts'
import { isPolicy, isService, readGateways, readPolicy, readRoutes, readService } from './read-policies.ts'
import { isSealedSecret, isSecret, readSealedSecret, readSecret } from './read-secrets.ts'
import { readSettings } from './read-settings.ts'
import { isStore, readStore } from './read-stores.ts'
import { isWorkload, readWorkload, unreadWorkload } from './read-workloads.ts'
import { referencedSecrets } from './referenced-secrets.ts'

/** What the input of one environment says about secrets. Pure. */
export function readFacts({ objects, compose, examples }: Inputs): Facts {
  const isAlone = objects.length === 0 && compose.length === 0
  const services = isAlone ? { ...examplePrograms(examples), leftovers: [] } : readCompose(compose)
  const read = objects.filter(isExternalSecret).map(readExternalSecret)
  const sources = {
    externalSecrets: read.flatMap(({ externalSecrets }) => externalSecrets),
    secrets: unmanaged([
      ...objects.filter(isSecret).map(readSecret),
      ...objects.filter(isSealedSecret).map(readSealedSecret),
      ...services.secrets,
    ]),
    workloads: [...objects.filter(isWorkload).map(readWorkload), ...services.workloads],
    names: objects.flatMap(namedSecrets),
  }
  const referenced = referencedSecrets(sources, secretNames(examples))
  return {
    stores: objects.filter(isStore).map(readStore),
    ...sources,
    secrets: [...sources.secrets, ...referenced.secrets],
    leftovers: [
      ...read.flatMap(({ leftovers }) => leftovers),
      ...objects.flatMap(unsupported),
      ...objects.flatMap(unreadWorkload),
      ...objects.flatMap(readGateways),
      ...services.leftovers,
      ...referenced.leftovers,
    ],
    own: ownNames(objects),
    network: {
      policies: objects.filter(isPolicy).map(readPolicy),
      services: objects.filter(isService).map(readService),
      routes: objects.flatMap(readRoutes),
    },
    settings: (namespace) => readSettings(objects, namespace),
  }
}

// --- internal ---

/** Of two objects of the same name, as a manifest and the live one, the first. */
function unmanaged(secrets: readonly FoundSecret[]): FoundSecret[] {
  const first = new Map<string, FoundSecret>()
  for (const secret of secrets) {
    const place = `${secret.namespace}/${secret.name}`
    if (!first.has(place)) first.set(place, secret)
  }
  return [...first.values()]
}

/** Names that the objects of this project's own chart carry as labels: certain, where all others are guesses. */
function ownNames(objects: readonly FoundObject[]): OwnNames {
  const ours = objects.filter(({ labels }) => labels['app.kubernetes.io/name'] === 'tiered-secrets')
  const label = (name: string) => ours.map(({ labels }) => labels[name]).find((value) => value !== undefined)
  return {
    application: label('app.kubernetes.io/part-of'),
    environment: label('tiered-secrets/environment'),
    tiers: new Map(
      ours.flatMap(({ namespace, labels }) => {
        const tier = labels['app.kubernetes.io/component']
        return namespace !== undefined && tier !== undefined ? [[namespace, tier] as const] : []
      }),
    ),
  }
}

/** Objects about secrets for which the catalogue has no words. */
function unsupported({ apiVersion, kind, name, where }: FoundObject): Leftover[] {
  const isOperators = /(^|\.)external-secrets\.io\//.test(apiVersion)
  if (isOperators && /Push/.test(kind))
    return [left(kind, name, where, 'it writes to the provider instead of reading it', 'Keep it, or use `fill`.')]
  if (apiVersion.startsWith('generators.external-secrets.io/'))
    return [
      left(kind, name, where, 'it makes values that no provider keeps', 'Store a value, and add an entry for it.'),
    ]
  return []
}

function left(kind: string, name: string, where: string, why: string, todo: string): Leftover {
  return { code: 'KIND_UNSUPPORTED', where, what: `${kind} ${name}`, why, todo }
}
