import { basename, dirname } from 'node:path'
import { groupBy } from '../../lib/group.ts'
import type { FoundFile } from '../inputs/found-object.ts'
import { isSecretVariable } from '../inputs/secret-variable.ts'
import { type FoundSecret, type FoundWorkload, variablesFile } from './facts.ts'
import { readExamples } from './read-examples.ts'

/** Programs of which there is nothing but an example of their `.env`: each is named after its folder. */
export function examplePrograms(files: readonly FoundFile[]): {
  readonly workloads: readonly FoundWorkload[]
  readonly secrets: readonly FoundSecret[]
} {
  const byFolder = groupBy(files, ({ path }) => nameOf(path))
  const workloads = [...byFolder].map(([name, own]): FoundWorkload => {
    const examples = readExamples(own)
    const uses = secretNames(own).map((key) => ({
      ...{ secret: variablesFile, keys: [key] },
      optional: examples.get(key)?.isOptional === true,
    }))
    const where = own[0]?.path ?? ''
    return { namespace: '', kind: 'Deployment', name, podLabels: {}, labels: {}, ports: [], uses, where }
  })
  const keys = [...new Set(workloads.flatMap(({ uses }) => uses.flatMap((use) => use.keys ?? [])))]
  const place = {
    namespace: '',
    name: variablesFile,
    type: undefined,
    isManaged: false,
    isFile: true,
    where: files[0]?.path ?? '',
  }
  return { workloads, secrets: keys.length === 0 ? [] : [{ ...place, keys }] }
}

/** Names whose values are secrets, as far as names and values tell. */
export function secretNames(files: readonly FoundFile[]): string[] {
  return [...readExamples(files)]
    .filter(([name, { value }]) => isSecretVariable({ name, value: value === '' ? undefined : value }))
    .map(([name]) => name)
}

// --- internal ---

function nameOf(path: string): string {
  const folder = basename(dirname(path)).toLowerCase()
  return folder.replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '') || 'app'
}
