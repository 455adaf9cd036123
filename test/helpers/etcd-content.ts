import type { ControlPlane } from '../../scripts/local/stack/control-plane.ts'
import { askEtcd } from './etcd-call.ts'

type Plane = Pick<ControlPlane, 'folder'>

/** What etcd holds, by its keys: `/registry/namespaces/default`. Values are in base64. */
export type EtcdContent = ReadonlyMap<string, string>

/** Everything but what the API server writes from time to time: leases that it renews, and how far it has compacted. */
export async function readContent(plane: Plane): Promise<EtcdContent> {
  const { kvs = [] } = await askEtcd<Listed>(plane, '/v3/kv/range', everything)
  const content = kvs.map(({ key, value = '' }) => [Buffer.from(key, 'base64').toString('latin1'), value] as const)
  return new Map(content.filter(([key]) => !ofServer.test(key)))
}

/** The keys of what only one of the two has, or has otherwise. */
export function differences(one: EtcdContent, other: EtcdContent): string[] {
  const keys = new Set([...one.keys(), ...other.keys()])
  return [...keys].filter((key) => one.get(key) !== other.get(key))
}

/** Has these keys be as they are in `wanted`, or not at all. */
export async function putBack(plane: Plane, keys: readonly string[], wanted: EtcdContent): Promise<void> {
  const operations = keys.map((name) => {
    const key = Buffer.from(name, 'latin1').toString('base64')
    const value = wanted.get(name)
    return value === undefined ? { request_delete_range: { key } } : { request_put: { key, value } }
  })
  for (let at = 0; at < operations.length; at += maxOperations)
    await askEtcd(plane, '/v3/kv/txn', { success: operations.slice(at, at + maxOperations) })
}

// --- internal ---

interface Listed {
  readonly kvs?: readonly { readonly key: string; readonly value?: string }[]
}

/** From the first possible key to the last one. */
const everything = { key: 'AA==', range_end: 'AA==' }
/** etcd takes 128 in one request. */
const maxOperations = 100
const ofServer =
  /^(?:\/registry\/(?:leases\/kube-system\/apiserver-|masterleases\/|peerserverleases\/)|compact_rev_key)/
