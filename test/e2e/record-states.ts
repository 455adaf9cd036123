import { randomUUID } from 'node:crypto'
import { type ExternalSecretObject, syncState } from '../../scripts/cluster/external-secrets.ts'
import type { KubernetesClient } from '../../scripts/kubernetes/client.ts'
import { type Kind, type KubernetesObject, kinds, type WithConditions } from '../../scripts/kubernetes/kinds.ts'
import { seedSecret } from '../../scripts/local/stack/seed-account.ts'
import type { TierModel } from '../../scripts/model/resolve.ts'
import { scalewayRequest } from '../../scripts/scaleway/http.ts'
import { secretsPath } from '../../scripts/scaleway/secrets.ts'
import { eventually } from '../helpers/eventually.ts'
import { type RecordedStates, withoutChance } from '../helpers/recorded-states.ts'
import { ownedWorld } from './owned-world.ts'
import type { World } from './world.ts'

/**
 * Brings objects of Kiosk into each state and tells what the real operator writes into them, without what differs from run to
 * run. Ends with failing ExternalSecrets and a broken store.
 *
 * @param world with nothing installed, and without the remote secrets `session-key` and `analytics-token`
 */
export async function recordStates(world: World): Promise<RecordedStates> {
  const { client, model, owner, tier, idOf } = ownedWorld(world)
  const { operator } = world.stack
  const [web, worker, front] = [tier('web'), tier('worker'), tier('front')]
  const secret = { namespace: web.namespace, name: 'web-secrets' }
  const pause = () => process.kill(operator.pid, 'SIGSTOP')
  const goOn = () => process.kill(operator.pid, 'SIGCONT')

  const externalSecrets: Record<string, ExternalSecretObject> = {}
  const secretStores: Record<string, WithConditions> = {}
  const read = async <T extends KubernetesObject>(kind: Kind, ref: { namespace: string; name: string }) => {
    const object = await client.get<T>(kind, ref)
    if (!object) throw new Error(`there is no ${ref.name}`)
    return object
  }
  const untilReady = <T extends WithConditions>(kind: Kind, ref: { namespace: string; name: string }, told: string) =>
    eventually(
      () => read<T>(kind, ref),
      (object) => {
        const ready = object.status?.conditions?.find(({ type }) => type === 'Ready')
        return `${ready?.status} ${ready?.reason}` === told && (kind !== kinds.externalSecret || isSettled(object))
      },
      { timeoutMs: 60_000 },
    )
  const recordSecret = async (state: string, told: string, ref = secret) => {
    externalSecrets[state] = await untilReady<ExternalSecretObject>(kinds.externalSecret, ref, told)
  }
  const recordStore = async (state: string, told: string, ref: { namespace: string; name: string }) => {
    secretStores[state] = await untilReady(kinds.secretStore, ref, told)
  }
  const annotate = (n: number) =>
    client.mergePatch(kinds.externalSecret, secret, { metadata: { annotations: { 'force-sync': `${n}` } } })
  const edit = (refreshInterval: string) =>
    client.mergePatch<ExternalSecretObject>(kinds.externalSecret, secret, { spec: { refreshInterval } })
  const untilSynced = () =>
    eventually(
      () => read<ExternalSecretObject>(kinds.externalSecret, secret),
      (object) => syncState(object).state === 'synced',
      { timeoutMs: 60_000 },
    )

  try {
    pause()
    await client.delete(kinds.secret, { namespace: worker.namespace, name: worker.credentialsSecret })
    await world.install()
    externalSecrets['not looked at'] = await read(kinds.externalSecret, secret)
    secretStores['not looked at'] = await read(kinds.secretStore, { namespace: web.namespace, name: web.secretStore })
    goOn()
    await recordSecret('first sync failed', 'False SecretSyncedError')
    await recordSecret('store broken', 'False SecretSyncedError', { ...worker, name: 'worker-secrets' })
    await recordSecret('optional and absent', 'True SecretSynced', { ...front, name: 'front-optional-secrets' })
    await recordStore('ready', 'True Valid', { ...web, name: web.secretStore })
    await recordStore('broken', 'False InvalidProviderConfig', { ...worker, name: worker.secretStore })

    const remote = web.remoteSecrets.find(({ name }) => name === 'session-key')
    if (!remote) throw new Error('the catalogue has no session-key')
    await seedSecret({ account: owner, organizationId: owner.organizationId, model }, web, remote)
    await annotate(1)
    externalSecrets.synced = await untilSynced()

    pause()
    await client.delete(kinds.secret, secret)
    externalSecrets['target deleted'] = await read(kinds.externalSecret, secret)
    externalSecrets['edited and not yet synced again'] = await edit('2h0m0s')
    goOn()
    externalSecrets['synced again'] = await untilSynced()

    const path = `${secretsPath(model.region)}/${await idOf(web, remote.name)}`
    await scalewayRequest(owner, { method: 'DELETE', path })
    await annotate(2)
    await recordSecret('failing after a success', 'False SecretSyncedError')
    pause()
    externalSecrets['edited while failing'] = await edit('3h0m0s')
    goOn()

    // What only other people's ExternalSecrets come to.
    const other = await copyStore(client, web)
    const [mail] = web.remoteSecrets.filter(({ shape }) => shape === 'bundle')
    for (const [state, told, spec] of foreign(web, mail?.name ?? '')) {
      const ref = { namespace: other.namespace, name: state.replaceAll(' ', '-') }
      const secretStoreRef = { name: other.secretStore }
      await client.create(kinds.externalSecret, {
        metadata: ref,
        spec: { secretStoreRef, ...spec },
      } as KubernetesObject)
      await recordSecret(state, told, ref)
    }
    const credentials = { namespace: other.namespace, name: web.credentialsSecret }
    await client.mergePatch(kinds.secret, credentials, { stringData: { 'secret-key': randomUUID() } })
    const store = await read<KubernetesObject & { spec: object }>(kinds.secretStore, {
      ...other,
      name: other.secretStore,
    })
    const { metadata: _, ...rest } = store
    const wrong = { namespace: other.namespace, name: 'wrong-key' }
    await client.create(kinds.secretStore, { ...rest, metadata: wrong })
    await recordStore('ready with a wrong key', 'True Valid', wrong)
  } finally {
    goOn()
  }

  return { externalSecrets: normal(externalSecrets), secretStores: normal(secretStores) }
}

// --- internal ---

/** The operator writes a finalizer into a new object, with defaults of its own into the spec, and looks at it again. */
function isSettled({ metadata, status }: ExternalSecretObject): boolean {
  return status?.syncedResourceVersion?.startsWith(`${metadata.generation}-`) ?? true
}

type Place = Pick<TierModel, 'namespace' | 'secretStore'>

/** The store of a tier in a namespace without any rule. */
async function copyStore(
  client: KubernetesClient,
  { namespace, secretStore, credentialsSecret }: TierModel,
): Promise<Place> {
  const elsewhere = 'elsewhere'
  await client.create(kinds.namespace, { metadata: { name: elsewhere } })
  for (const [kind, name] of [
    [kinds.secret, credentialsSecret],
    [kinds.secretStore, secretStore],
  ] as const) {
    const { metadata: _, ...rest } = (await client.get<KubernetesObject>(kind, { namespace, name })) ?? {}
    await client.create(kind, { ...rest, metadata: { name, namespace: elsewhere } })
  }
  return { namespace: elsewhere, secretStore }
}

/** State, what Ready tells then, and the spec that comes to it. */
function foreign({ remotePath }: TierModel, existing: string): readonly (readonly [string, string, object])[] {
  const data = (name: string) => [{ secretKey: 'KEY', remoteRef: { key: `path:${remotePath}/${name}` } }]
  return [
    ['secret deleted', 'True SecretDeleted', { target: { deletionPolicy: 'Delete' }, data: data('not-there') }],
    ['target missing', 'True SecretMissing', { target: { creationPolicy: 'Merge' }, data: data(existing) }],
    ['no key found', 'True SecretSynced', { dataFrom: [{ find: { name: { regexp: '^not-there$' } } }] }],
  ]
}

function normal<T extends KubernetesObject>(objects: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(objects).map(([state, object]) => [state, withoutChance(object)]))
}
