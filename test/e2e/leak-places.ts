import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { KubernetesError } from '../../scripts/kubernetes/errors.ts'
import { describeObject, type KubernetesObject, kinds, type SecretObject } from '../../scripts/kubernetes/kinds.ts'
import type { LocalStack } from '../../scripts/local/stack/stack.ts'
import type { Place } from '../helpers/leaks.ts'

/** Everything in a cluster that holds no secret by its purpose: all objects, and of those Secrets the metadata. */
export async function placesOfCluster({ client }: LocalStack, holdsSecrets: (secret: SecretObject) => boolean) {
  const lists = await Promise.all(
    Object.values(kinds).map(async (kind) => {
      // A kind whose definition is not there has no objects.
      const { items } = await client.list<KubernetesObject>(kind).catch((error: unknown) => {
        if (error instanceof KubernetesError && error.status === 404) return { items: [] }
        throw error
      })
      return items.map((object) => ({ kind, object }))
    }),
  )
  return lists.flat().flatMap(({ kind, object }): Place[] => {
    const name = describeObject(kind, object.metadata)
    if (kind !== kinds.secret) return [{ name, text: textsOf(object).join('\n') }]
    const secret = object as SecretObject
    const { data = {}, ...rest } = secret
    const values = holdsSecrets(secret) ? [] : Object.entries(data)
    return [
      { name, text: textsOf(rest).join('\n') },
      ...values.map(([key, value]) => ({ name: `${name}, ${key}`, text: unpacked(Buffer.from(value, 'base64')) })),
    ]
  })
}

/** Logs of the parts of a stack, and what the emulator tells of its requests. Not etcd's data: Secrets are kept there. */
export async function placesOfLogs({ controlPlane, emulator }: LocalStack): Promise<Place[]> {
  const names = (await readdir(controlPlane.folder)).filter((name) => name.endsWith('.log'))
  const logs = names.map(async (name) => ({ name, text: await readFile(join(controlPlane.folder, name), 'utf8') }))
  return [...(await Promise.all(logs)), { name: 'requests of the emulator', text: JSON.stringify(emulator.requests()) }]
}

/** Every file below a folder: its name and what is in it. */
export async function placesOfFolder(folder: string): Promise<Place[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  return Promise.all(paths.map(async (path) => ({ name: path, text: `${path}\n${await readFile(path, 'utf8')}` })))
}

// --- internal ---

/** Helm keeps a release as base64 of gzip. */
function unpacked(bytes: Buffer): string {
  const text = bytes.toString()
  const inner = Buffer.from(text, 'base64')
  const isZipped = inner[0] === 0x1f && inner[1] === 0x8b
  if (!isZipped) return text
  const release = gunzipSync(inner).toString()
  return [release, ...textsOf(JSON.parse(release))].join('\n')
}

/** Every text of an object as it is, field names too. */
function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, item]) => [name, ...textsOf(item)])
}
