import { setMaxListeners } from 'node:events'
import { expect } from 'vitest'
import { type EventObject, readSyncState } from '../../scripts/cluster/external-secrets.ts'
import { refreshExternalSecrets } from '../../scripts/cluster/refresh.ts'
import { type DiagnoseOptions, type Diagnosis, diagnose } from '../../scripts/inspect/doctor/diagnose.ts'
import { diagnosisJson, diagnosisText } from '../../scripts/inspect/doctor/doctor-report.ts'
import type { KubernetesClient } from '../../scripts/kubernetes/client.ts'
import { kinds, type NamespacedRef } from '../../scripts/kubernetes/kinds.ts'
import type { TierModel } from '../../scripts/model/resolve.ts'
import type { Application } from '../../scripts/model/types.ts'
import { bookshop } from '../fixtures/applications.ts'
import { eventually } from '../helpers/eventually.ts'
import { requiredTarget } from '../helpers/targets.ts'
import type { AnyObject } from './admission-world.ts'
import { type OwnedWorld, ownedWorld } from './owned-world.ts'
import { forceRefresh } from './refresh.ts'
import { startWorld, type WorldOptions } from './world.ts'

/** The second application without its admission policies, so that a test may break what they protect. */
export const unprotected: Application = {
  ...bookshop,
  environments: {
    ...bookshop.environments,
    preview: { ...bookshop.environments.preview, without: ['admission'] } as Application['environments'][string],
  },
}

/** Of one object, the operator's client sends so many events, and then one every five minutes. Source: client-go, events_cache.go. */
const eventsAtOnce = 25

/** An environment at work, in which a test breaks something, has it diagnosed, and fixes it. */
export interface DoctorWorld extends OwnedWorld, AsyncDisposable {
  /** The required ExternalSecret of a tier, whose target has the same name. */
  externalSecret(tier: TierModel): NamespacedRef
  store(tier: TierModel): NamespacedRef
  credentials(tier: TierModel): NamespacedRef
  /** As the command does, with the owner's account unless told otherwise. */
  diagnose(parts?: Partial<DiagnoseOptions>): Promise<Diagnosis>
  /** Diagnoses; there has to be exactly one cause. */
  cause(parts?: Partial<DiagnoseOptions>): Promise<Diagnosis['causes'][number]>
  /** Diagnoses; there may be no cause. */
  healthy(): Promise<void>
  /**
   * Has the operator read a tier's required secrets now, and waits until it has failed to. Of one object the operator tells
   * 25 events at most, and then one in five minutes, so that a test file can't break the same one more often.
   */
  fails(tier: TierModel): Promise<void>
  /** Has the operator read a tier's secrets now, and waits until it has. */
  syncs(tier: TierModel): Promise<void>
  /** Everything that was diagnosed so far, as text and as JSON. */
  readonly shown: readonly string[]
  /**
   * What of each value, each key and these others is in anything that was shown, as it is or in base64.
   *
   * @param more that was shown elsewhere
   */
  leaked(others?: readonly string[], more?: readonly string[]): string[]
}

export async function startDoctorWorld(options: Partial<WorldOptions> = {}): Promise<DoctorWorld> {
  const world = await startWorld({ application: unprotected, environment: 'preview', ...options })
  const owned = ownedWorld(world)
  const { client, model, owner } = owned
  const { apiUrl, secretKey, organizationId } = owner
  const { signal } = new AbortController()
  setMaxListeners(0, signal)
  const shown: string[] = []
  const externalSecret = (tier: TierModel) => ({ namespace: tier.namespace, name: requiredTarget(tier)?.name ?? '' })
  const diagnosed = async (parts: Partial<DiagnoseOptions> = {}) => {
    const diagnosis = await diagnose({
      model,
      client,
      apiUrl,
      isLocal: true,
      secretKey,
      organizationId,
      render: async () => ({ unseen: 'what the chart renders' }),
      signal,
      ...parts,
    })
    shown.push(diagnosisText(model, diagnosis), diagnosisJson(model, diagnosis))
    return diagnosis
  }
  const failures = async ({ namespace, name }: NamespacedRef) => {
    const fieldSelector = `involvedObject.kind=ExternalSecret,involvedObject.name=${name},type=Warning`
    const { items } = await client.list<EventObject>(kinds.event, { namespace, fieldSelector })
    return items.reduce((sum, { count = 1 }) => sum + count, 0)
  }
  return {
    ...owned,
    shown,
    externalSecret,
    store: ({ namespace, secretStore: name }) => ({ namespace, name }),
    credentials: ({ namespace, credentialsSecret: name }) => ({ namespace, name }),
    diagnose: diagnosed,
    async cause(parts) {
      const { causes } = await diagnosed(parts)
      const [cause, ...others] = causes
      expect([cause?.code, ...others.map(({ code }) => code)]).toEqual([cause?.code ?? 'a cause'])
      if (!cause) throw new Error('no cause was found')
      return cause
    },
    async healthy() {
      const { causes, exitCode } = await diagnosed()
      expect([causes.map(({ code, where }) => `${where} ${code}`), exitCode]).toEqual([[], 0])
    },
    async fails(tier) {
      const ref = externalSecret(tier)
      const before = await failures(ref)
      await forceRefresh(client, ref)
      const state = async () => [(await readSyncState(client, ref)).state, await failures(ref)] as const
      const isTold = (now: number) => now > before || before >= eventsAtOnce
      await eventually(state, ([state, now]) => state === 'failed' && isTold(now), { timeoutMs: 60_000 })
    },
    async syncs(tier) {
      const refs = tier.externalSecrets.map(({ name }) => ({ namespace: tier.namespace, name }))
      const reports = await refreshExternalSecrets(client, refs, { timeoutMs: 60_000, pollMs: 50 })
      expect(reports.map(({ message, state }) => `${state} ${message}`)).toEqual(
        refs.map(() => 'refreshed secret synced'),
      )
    },
    leaked(others = [], more = []) {
      const specs = model.tiers.flatMap((tier) => tier.remoteSecrets.flatMap((remote) => remote.specs))
      const values = specs.map((spec) => world.valueFor(spec)).filter((value) => value.length >= 12)
      const keys = [...world.stack.keys.values()].flatMap(({ accessKey, secretKey }) => [accessKey, secretKey])
      const told = [...shown, ...more].join('\n').toLowerCase()
      const forms = (secret: string) => [secret, Buffer.from(secret).toString('base64')].map((one) => one.toLowerCase())
      expect([values.length > 5, told.length > 10_000]).toEqual([true, true])
      return [...values, ...keys, secretKey, ...others].filter((secret) =>
        forms(secret).some((one) => told.includes(one)),
      )
    },
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  }
}

export interface Prohibition {
  readonly name: string
  /** Plural, with its group after a dot; of the core group none. */
  readonly resource: string
  readonly operation: 'CREATE' | 'UPDATE'
  /** CEL: what stays allowed. */
  readonly except: string
  readonly message: string
}

/**
 * Somebody else's admission policy, which the API server heeds after a second or so.
 *
 * @returns takes it away again
 */
export async function forbid(
  client: KubernetesClient,
  { name, resource, operation, except, message }: Prohibition,
): Promise<() => Promise<void>> {
  const [plural = '', ...group] = resource.split('.')
  const rule = { apiGroups: [group.join('.')], apiVersions: ['*'], operations: [operation], resources: [plural] }
  const validations = [{ expression: except, message }]
  const policy: AnyObject = { metadata: { name }, spec: { matchConstraints: { resourceRules: [rule] }, validations } }
  const binding: AnyObject = { metadata: { name }, spec: { policyName: name, validationActions: ['Deny'] } }
  await client.create(kinds.validatingAdmissionPolicy, policy)
  await client.create(kinds.validatingAdmissionPolicyBinding, binding)
  return async () => {
    await client.delete(kinds.validatingAdmissionPolicyBinding, { name })
    await client.delete(kinds.validatingAdmissionPolicy, { name })
  }
}
