import { externalSecretSpec, specChanges } from '../../../cluster/expected-spec.ts'
import { type Difference, keyDifference } from '../../../cluster/expected-target.ts'
import {
  type EventObject,
  type ExternalSecretObject,
  newestEvent,
  type SyncState,
  syncState,
  warningsAbout,
} from '../../../cluster/external-secrets.ts'
import { type PodTemplate, readPodTemplates } from '../../../cluster/pod-templates.ts'
import type { StoreObject } from '../../../cluster/stores.ts'
import type { ClusterReader, ListOptions } from '../../../kubernetes/client.ts'
import type { FieldChange } from '../../../kubernetes/difference.ts'
import { isNotFound } from '../../../kubernetes/errors.ts'
import {
  type Kind,
  type KubernetesObject,
  kinds,
  type NamespacedRef,
  type SecretObject,
  type WithConditions,
} from '../../../kubernetes/kinds.ts'
import type { EnvironmentModel, ExternalSecretModel, TierModel } from '../../../model/resolve.ts'
import { type Fact, isSeen, look, seenOr } from '../fact.ts'
import { type CredentialsFacts, credentialsFacts } from './credentials-facts.ts'
import { type TargetFacts, targetFacts } from './target.ts'

/** The objects of one tier in the cluster. */
export interface TierFacts {
  readonly tier: TierModel
  readonly namespace: Fact<NamespaceFacts>
  readonly store: Fact<StoreFacts>
  readonly credentials: Fact<CredentialsFacts | undefined>
  /** The required one first. */
  readonly externalSecrets: Fact<readonly ExternalSecretFacts[]>
  readonly quotas: Fact<readonly QuotaFacts[]>
  /** Whether the operator's events may be read: without them its silence means nothing. */
  readonly events: Fact<readonly EventObject[]>
  /** Whatever makes pods in the namespace. */
  readonly templates: Fact<readonly PodTemplate[]>
}

export interface NamespaceFacts {
  readonly state: 'there' | 'ending' | 'absent'
  /** What blocks the deletion of a namespace that is being deleted. */
  readonly remaining: readonly string[]
}

export interface StoreFacts {
  readonly object: StoreObject | undefined
  /** The operator's last warning. */
  readonly warning: Told | undefined
}

export interface ExternalSecretFacts {
  readonly ref: NamespacedRef
  readonly model: ExternalSecretModel
  readonly isOptional: boolean
  readonly object: ExternalSecretObject | undefined
  readonly sync: SyncState
  /** The fields in which its spec differs from the catalogue. */
  readonly drift: readonly FieldChange[]
  readonly warning: Told | undefined
  /** When, and how often, each of its failures was reported. */
  readonly failures: readonly Failures[]
  readonly target: Fact<TargetFacts | undefined>
  /** How the keys of its target differ from the catalogue. */
  readonly keys: Difference | undefined
}

export interface Failures {
  readonly first: Date
  readonly last: Date
  readonly count: number
}

/** What the operator said in an event, without a credential. */
export interface Told {
  readonly message: string
  readonly at: Date
}

export interface QuotaFacts {
  readonly name: string
  readonly hard: Readonly<Record<string, string>>
  readonly used: Readonly<Record<string, string>>
}

/** @throws every error but a refusal of a single request: an unreachable cluster, a refused login */
export async function tierFacts(
  client: ClusterReader,
  environment: EnvironmentModel,
  tier: TierModel,
  signal: AbortSignal,
): Promise<TierFacts> {
  const { namespace } = tier
  const where = `in namespace ${namespace}`
  const secret = (name: string) => () => client.get<SecretObject>(kinds.secret, { namespace, name }, signal)
  const all = <T extends KubernetesObject>(kind: Kind, options: ListOptions = {}) =>
    listOrNone<T>(client, kind, { namespace, signal, ...options })
  const models = tier.externalSecrets
  const [seenNamespace, stores, credentials, objects, events, quotas, templates, ...targets] = await Promise.all([
    look(`see namespace ${namespace}`, () => namespaceFacts(client, namespace, signal)),
    look(`list SecretStores ${where}`, () => all<StoreObject>(kinds.secretStore)),
    look(`read Secret ${tier.credentialsSecret} ${where}`, secret(tier.credentialsSecret)),
    look(`list ExternalSecrets ${where}`, () => all<ExternalSecretObject>(kinds.externalSecret)),
    look(`list events ${where}`, () => operatorEvents(client, namespace, signal)),
    look(`list ResourceQuotas ${where}`, () => all<QuotaObject>(kinds.resourceQuota)),
    look(`list workloads ${where}`, () => readPodTemplates(client, namespace, signal)),
    ...models.map(({ name }) => look(`read Secret ${name} ${where}`, secret(name))),
  ])
  const warnings = seenOr(events, []).filter(({ type }) => type === 'Warning')
  const warningsOf = (kind: Kind, name: string) =>
    warnings.filter(({ involvedObject }) => involvedObject?.kind === kind.kind && involvedObject.name === name)
  return {
    tier,
    namespace: seenNamespace,
    store: changed(stores, (items) => {
      const object = items.find(({ metadata }) => metadata.name === tier.secretStore)
      const warning = newestEvent(warningsAbout(object, warningsOf(kinds.secretStore, tier.secretStore)))
      return { object, warning }
    }),
    credentials: changed(credentials, (found) => found && credentialsFacts(found)),
    externalSecrets: changed(objects, (items) =>
      models.map((model, index): ExternalSecretFacts => {
        const object = items.find(({ metadata }) => metadata.name === model.name)
        const about = warningsAbout(object, warningsOf(kinds.externalSecret, model.name))
        const target = changed(targets[index] ?? { unseen: '' }, (found) => found && targetFacts(found))
        const keys = isSeen(target) && target.value ? keyDifference(model, target.value.keys) : undefined
        return {
          ref: { namespace, name: model.name },
          model,
          isOptional: model.optional,
          object,
          sync: syncState(object),
          drift: object ? specChanges(object, externalSecretSpec(environment, tier, model)) : [],
          warning: newestEvent(about),
          failures: about.flatMap(failuresOf),
          target,
          keys,
        }
      }),
    ),
    quotas: changed(quotas, (items) => items.map(quotaFacts)),
    events,
    templates,
  }
}

// --- internal ---

interface QuotaObject extends KubernetesObject {
  readonly status?: {
    readonly hard?: Readonly<Record<string, string>>
    readonly used?: Readonly<Record<string, string>>
  }
}

function failuresOf({ firstTimestamp, lastTimestamp, eventTime, count }: EventObject): Failures[] {
  const last = Date.parse(lastTimestamp ?? eventTime ?? '')
  const first = Date.parse(firstTimestamp ?? eventTime ?? '')
  if (Number.isNaN(last)) return []
  return [{ first: new Date(Number.isNaN(first) ? last : first), last: new Date(last), count: count ?? 1 }]
}

function quotaFacts({ metadata, status }: QuotaObject): QuotaFacts {
  return { name: metadata.name, hard: status?.hard ?? {}, used: status?.used ?? {} }
}

function changed<T, U>(fact: Fact<T>, change: (value: T) => U): Fact<U> {
  return isSeen(fact) ? { value: change(fact.value) } : fact
}

/** A kind that the cluster lacks has no objects. */
async function listOrNone<T extends KubernetesObject>(
  client: Pick<ClusterReader, 'list'>,
  kind: Kind,
  options: ListOptions,
): Promise<readonly T[]> {
  const answer = client.list<T>(kind, options)
  return answer.then(
    ({ items }) => items,
    (error: unknown) => {
      if (isNotFound(error)) return []
      throw error
    },
  )
}

async function operatorEvents(client: Pick<ClusterReader, 'list'>, namespace: string, signal: AbortSignal) {
  const lists = await Promise.all(
    [kinds.externalSecret, kinds.secretStore].map(({ kind }) =>
      client.list<EventObject>(kinds.event, { namespace, fieldSelector: `involvedObject.kind=${kind}`, signal }),
    ),
  )
  return lists.flatMap(({ items }) => items)
}

async function namespaceFacts(
  client: Pick<ClusterReader, 'get'>,
  name: string,
  signal: AbortSignal,
): Promise<NamespaceFacts> {
  const object = await client.get<WithConditions>(kinds.namespace, { name }, signal)
  const state = !object ? 'absent' : object.metadata.deletionTimestamp === undefined ? 'there' : 'ending'
  const conditions = state === 'ending' ? (object?.status?.conditions ?? []) : []
  const remaining = conditions.filter(({ status }) => status === 'True').map(({ message = '' }) => message)
  return { state, remaining }
}
