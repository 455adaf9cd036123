import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { kubectl } from '../lib/command-line.ts'
import { pause } from '../lib/pause.ts'
import { exitCodes, ProblemError } from '../lib/problems.ts'
import type { KubernetesClient } from './client.ts'
import { kinds, type WithConditions } from './kinds.ts'

/** Definitions the operator needs with our flags: those we emit, and the one whose reconciler can't be switched off. */
export const operatorCrds = [
  'externalsecrets.external-secrets.io',
  'secretstores.external-secrets.io',
  'generatorstates.generators.external-secrets.io',
] as const

export interface ApplyCrdsOptions {
  /** Names, `<plural>.<group>`. Default: `operatorCrds`. */
  readonly names?: readonly string[]
  /** Default: 30,000. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

/**
 * Applies custom resource definitions (server-side) and waits until each is established, which is when objects of its
 * kind can be created.
 *
 * @param path a YAML file with several documents, or a folder of such files.
 * @throws ProblemError `CRD_MISSING` when a definition isn't there, `CRD_TIMEOUT` when one isn't established in time.
 */
export async function applyCrds(
  client: Pick<KubernetesClient, 'apply' | 'get'>,
  path: string,
  options: ApplyCrdsOptions = {},
): Promise<void> {
  const { names = operatorCrds, timeoutMs = 30_000, signal } = options
  const documents = await readDocuments(path)
  const missing = names.filter((name) => !documents.has(name))
  if (missing.length > 0) throw missingCrds(path, missing)
  const deadline = performance.now() + timeoutMs
  await Promise.all(
    names.map(async (name) => {
      const kind = kinds.customResourceDefinition
      let crd = await client.apply<WithConditions>(kind, { name }, documents.get(name) ?? '', signal ? { signal } : {})
      while (!isEstablished(crd)) {
        if (performance.now() > deadline) throw timedOut(name, timeoutMs)
        await pause(50, signal)
        crd = (await client.get<WithConditions>(kind, { name }, signal)) ?? crd
      }
    }),
  )
}

// --- internal ---

/** The definitions' YAML by name. They are not parsed: the API server reads YAML, and 1.6 MB take a second here. */
async function readDocuments(path: string): Promise<Map<string, string>> {
  const isFolder = (await stat(path)).isDirectory()
  const files = isFolder
    ? (await readdir(path)).filter((file) => file.endsWith('.yaml')).map((file) => join(path, file))
    : [path]
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')))
  const documents = texts.flatMap((text) => text.split(/^---$/m)).filter((text) => crdName(text) !== undefined)
  return new Map(documents.map((text) => [crdName(text) ?? '', text]))
}

function crdName(document: string): string | undefined {
  if (!/^kind: CustomResourceDefinition$/m.test(document)) return undefined
  return /^ {2}name: (\S+)$/m.exec(document)?.[1]
}

function isEstablished(crd: WithConditions): boolean {
  return crd.status?.conditions?.some(({ type, status }) => type === 'Established' && status === 'True') ?? false
}

function missingCrds(path: string, missing: readonly string[]): ProblemError {
  return new ProblemError(
    {
      code: 'CRD_MISSING',
      where: path,
      message: `it doesn't define ${missing.join(', ')}. Expected the operator's custom resource definitions.`,
      fix: "Take deploy/crds/bundle.yaml of the operator's release, or unset EXTERNAL_SECRETS_CRDS.",
    },
    exitCodes.toolMissing,
  )
}

function timedOut(name: string, timeoutMs: number): ProblemError {
  return new ProblemError(
    {
      code: 'CRD_TIMEOUT',
      where: `CustomResourceDefinition/${name}`,
      message: `is applied but not established after ${timeoutMs / 1000} s. Expected the API server to serve it.`,
      fix: `Look at its conditions: \`${kubectl`describe crd`} <name>\`. Another definition may use the same names.`,
    },
    exitCodes.unreachable,
  )
}
