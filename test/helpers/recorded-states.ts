import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ExternalSecretObject } from '../../scripts/cluster/external-secrets.ts'
import type { KubernetesObject, WithConditions } from '../../scripts/kubernetes/kinds.ts'

/** What the operator wrote into objects, by the state they were in. */
export interface RecordedStates {
  readonly externalSecrets: Readonly<Record<string, ExternalSecretObject>>
  readonly secretStores: Readonly<Record<string, WithConditions>>
}

/** Recorded by `test/e2e/flux.test.ts`, which also tells how to record again. */
export const recordedStatesFile = join(import.meta.dirname, '../fixtures/external-secret-states.json')

export async function readRecordedStates(): Promise<RecordedStates> {
  return JSON.parse(await readFile(recordedStatesFile, 'utf8')) as RecordedStates
}

/** An object without what differs from run to run: who wrote which field, identifiers, times and ports. */
export function withoutChance<T extends KubernetesObject>({ metadata, ...rest }: T): T {
  const { managedFields: _, uid: __, resourceVersion: ___, creationTimestamp: ____, ...kept } = metadata
  const text = JSON.stringify({ ...rest, metadata: kept })
    .replace(/"\d{4}-\d\d-\d\dT[\d:.]+Z"/g, '"2026-01-01T00:00:00Z"')
    .replace(/http:\/\/127\.0\.0\.1:\d+/g, 'http://127.0.0.1')
  return sorted(JSON.parse(text)) as T
}

// --- internal ---

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, item]) => [key, sorted(item)] as const)
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)))
}
