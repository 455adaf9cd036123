import { lstat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { isRecord } from '../../lib/record.ts'
import { parseYamlDocuments } from '../../lib/yaml.ts'
import { at, listAt } from './found-object.ts'
import { readText } from './read-text.ts'

/** The names that kustomize reads, and no other. Source: kustomize, api/konfig/general.go */
export const kustomizationNames: readonly string[] = ['kustomization.yaml', 'kustomization.yml', 'Kustomization']

/** What the file of a kustomize folder says. */
export type KustomizationFields = Readonly<Record<string, unknown>>

export interface Kustomization {
  readonly folder: string
  readonly file: string
  readonly says: KustomizationFields
}

/** @returns undefined for a folder without one, or whose file is not YAML: rendering it tells */
export async function readKustomization(folder: string): Promise<Kustomization | undefined> {
  for (const name of kustomizationNames) {
    const file = join(folder, name)
    const read = await readText(file, name)
    if ('refusal' in read) continue
    try {
      const [says] = parseYamlDocuments(read.text, name)
      return { folder, file, says: isRecord(says) ? says : {} }
    } catch {
      return undefined
    }
  }
  return undefined
}

/** Files and folders that objects of a kustomization come from. */
export function resourcesOf(
  says: KustomizationFields,
  fields: readonly string[] = ['resources', 'bases', 'components'],
): string[] {
  return fields.flatMap((field) => textsOf(says[field]))
}

/** All that a kustomization names: what it is made of, and what it changes that by. */
export function namedFiles(says: KustomizationFields): string[] {
  const lists = ['patchesStrategicMerge', 'crds', 'configurations', 'generators', 'transformers', 'validators']
  const paths = ['patches', 'patchesJson6902', 'replacements'].flatMap((field) =>
    listAt(says, field).map((one) => one.path),
  )
  const generated = ['configMapGenerator', 'secretGenerator'].flatMap((field) =>
    listAt(says, field).flatMap((one) => [...textsOf(one.files).map(withoutKey), ...textsOf(one.envs), one.env]),
  )
  const charts = listAt(says, 'helmCharts').flatMap((one) => [one.valuesFile, ...textsOf(one.additionalValuesFiles)])
  const others = [...paths, ...generated, ...charts, at(says, 'openapi', 'path')]
  return [
    ...resourcesOf(says),
    ...lists.flatMap((field) => textsOf(says[field])),
    ...others.filter((one) => typeof one === 'string'),
  ]
}

/** Whether kustomize would fetch it, by HTTP or git. Source: kustomize, api/internal/git/repospec.go */
export function isRemote(path: string): boolean {
  return /^(git::)?((https?|ssh|file):\/\/|[a-z][a-z0-9-]*@|github\.com[/:])/i.test(path)
}

/** What a folder, or any folder that it is made of, would fetch from elsewhere. */
export async function remoteParts(folder: string, seen: Set<string> = new Set()): Promise<string[]> {
  if (seen.has(folder)) return []
  seen.add(folder)
  const says = (await readKustomization(folder))?.says
  if (!says) return []
  const named = [...new Set(namedFiles(says))]
  const remote = named.filter(isRemote)
  for (const path of named) {
    const part = resolve(folder, path)
    if (!isRemote(path) && (await isFolder(part))) remote.push(...(await remoteParts(part, seen)))
  }
  return [...new Set(remote)]
}

export function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
}

// --- internal ---

/** `key=file` names the file. */
function withoutKey(text: string): string {
  return text.replace(/^[^=/]+=/, '')
}

async function isFolder(path: string): Promise<boolean> {
  return lstat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  )
}
