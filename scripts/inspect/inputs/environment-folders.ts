import { dirname } from 'node:path'
import { groupBy } from '../../lib/group.ts'
import type { Inputs } from './found-object.ts'

/**
 * Plain manifests of several environments, each in a folder of its own as `k8s/staging` and `k8s/production` are: folders
 * beside each other that are called as environments are and hold objects of the same kinds and names. What lies in none of
 * them is of every environment.
 *
 * @returns one of all, without an environment, where there are no such folders
 */
export function byEnvironmentFolder(
  inputs: Inputs,
): { readonly environment: string | undefined; readonly inputs: Inputs }[] {
  const folders = environmentFolders(inputs)
  const environmentOf = (place: string) =>
    waysTo(place).flatMap((folder) => (folders.has(folder) ? [baseOf(folder)] : []))[0]
  const names = productionLast([...new Set([...folders].map(baseOf))])
  return [...names, undefined].flatMap((environment) => {
    const isIn = (place: string) => environmentOf(place) === environment
    const own = {
      objects: inputs.objects.filter(({ where }) => isIn(where)),
      compose: inputs.compose.filter(({ where }) => isIn(where)),
      examples: inputs.examples.filter(({ path }) => isIn(path)),
      refusals: inputs.refusals.filter(({ where }) => isIn(where)),
    }
    const isEmpty = Object.values(own).every((list) => list.length === 0)
    return isEmpty && names.length > 0 ? [] : [{ environment, inputs: own }]
  })
}

/** In the order in which a pipeline deploys them, which is that of the data files. */
export function productionLast(folders: readonly string[]): string[] {
  const isProduction = (folder: string) => /^(?:prod|production|prd|live)$/i.test(baseOf(folder))
  return [...folders].sort((a, b) => Number(isProduction(a)) - Number(isProduction(b)))
}

// --- internal ---

/** Names of folders that nobody gives to a part of an application. */
const environmentName =
  /^(?:prod|production|prd|live|pre-?prod(?:uction)?|staging|stage|stg|recette|sandbox|dev|development|test|qa|uat|integration|demo|acceptance|preview)$/i

function environmentFolders({ objects }: Inputs): ReadonlySet<string> {
  const holds = new Map<string, Set<string>>()
  for (const { kind, name, where } of objects) {
    for (const folder of waysTo(where)) {
      if (environmentName.test(baseOf(folder)))
        holds.set(folder, (holds.get(folder) ?? new Set()).add(`${kind} ${name}`))
    }
  }
  const beside = groupBy([...holds.keys()], dirname)
  const isOne = (folder: string) =>
    (beside.get(dirname(folder)) ?? []).some(
      (other) => other !== folder && [...(holds.get(other) ?? [])].some((id) => holds.get(folder)?.has(id)),
    )
  return new Set([...holds.keys()].filter(isOne))
}

/** The folders of a file, the outermost first. */
function waysTo(place: string): string[] {
  const segments = dirname(place).split('/')
  return segments.map((_, index) => segments.slice(0, index + 1).join('/'))
}

const baseOf = (folder: string) => folder.slice(folder.lastIndexOf('/') + 1)
