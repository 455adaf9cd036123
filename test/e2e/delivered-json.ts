import { readSyncState } from '../../scripts/cluster/external-secrets.ts'
import { kinds, type SecretObject } from '../../scripts/kubernetes/kinds.ts'
import { gjsonPath, remoteRef } from '../../scripts/model/names.ts'
import type { TierModel } from '../../scripts/model/resolve.ts'
import { createSecret } from '../../scripts/scaleway/secrets.ts'
import { createVersion } from '../../scripts/scaleway/versions.ts'
import type { JsonCase } from '../fixtures/json-cases.ts'
import { eventually } from '../helpers/eventually.ts'
import type { OwnedWorld } from './owned-world.ts'

/** What the operator delivered of a case, in the order of its table. */
export interface DeliveredJson {
  readonly properties: readonly (string | undefined)[]
  /** Undefined: it refused the value. */
  readonly extract: ReadonlyMap<string, string> | undefined
}

/**
 * Has the operator deliver every case in two ways, and leaves nothing behind in the cluster. Remote secrets stay under other names
 * than those of the catalogue.
 */
export async function deliverCases(
  { client, model, owner }: OwnedWorld,
  { namespace, secretStore, remotePath: path, projectId }: TierModel,
  cases: readonly JsonCase[],
): Promise<DeliveredJson[]> {
  const { region } = model
  const keyOf = (index: number) => remoteRef(path, `json-${index}`)
  for (const [index, { text }] of cases.entries()) {
    const { id } = await createSecret(owner, { region, projectId }, { path, name: `json-${index}`, type: 'opaque' })
    await createVersion(owner, region, id, text)
  }
  const store = { secretStoreRef: { kind: 'SecretStore', name: secretStore }, refreshInterval: '1h' }
  const made: string[] = []
  const deliver = async (name: string, spec: object) => {
    made.push(name)
    const target = { name, creationPolicy: 'Owner', deletionPolicy: 'Merge' }
    await client.create(kinds.externalSecret, {
      metadata: { namespace, name },
      spec: { ...store, target, ...spec },
    } as never)
  }
  const delivered = async (name: string) => {
    const ref = { namespace, name }
    const { message } = await eventually(
      () => readSyncState(client, ref),
      // The condition comes before the event that has the cause.
      ({ state, message }) => state !== 'pending' && !message.includes('could not get secret data'),
      { timeoutMs: 60_000 },
    )
    if (/json|JSON|invalid character/.test(message)) return undefined
    const { data = {} } = (await client.get<SecretObject>(kinds.secret, ref)) ?? {}
    return new Map(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]))
  }
  const property = (path: readonly string[]) => gjsonPath(path)
  try {
    // A field that is missing is left out, as in the Secret of a tier's optional secrets.
    await deliver('json-properties', {
      data: cases.flatMap(({ properties }, index) =>
        properties.map(([path], number) => ({
          secretKey: `p${index}_${number}`,
          remoteRef: { key: keyOf(index), property: property(path) },
        })),
      ),
    })
    for (const index of cases.keys()) {
      const rewrite = [{ regexp: { source: '^', target: 'x_' } }]
      await deliver(`json-${index}`, { dataFrom: [{ extract: { key: keyOf(index) }, rewrite }] })
    }
    const fields = await delivered('json-properties')
    const results: DeliveredJson[] = []
    for (const [index, { properties }] of cases.entries()) {
      const all = await delivered(`json-${index}`)
      results.push({
        properties: properties.map((_, number) => fields?.get(`p${index}_${number}`)),
        extract: all && new Map([...all].map(([name, value]) => [name.slice('x_'.length), value])),
      })
    }
    return results
  } finally {
    for (const name of made) await client.delete(kinds.externalSecret, { namespace, name })
  }
}
