import { defaultBranch, originOf, repositoryOf } from '../../lib/git-repository.ts'
import type { Engine } from '../../model/delivery/delivery.ts'
import type { Application, DeliverySpec } from '../../model/types.ts'

export const knownEngines: readonly Engine[] = ['argocd', 'flux', 'helmfile']

/** How an engine delivers every environment of a new application: from the repository that it is begun in. */
export async function newDelivery(
  engine: Engine,
  { userFolder, application }: { readonly userFolder: string; readonly application: string },
  signal: AbortSignal,
): Promise<DeliverySpec> {
  if (engine === 'helmfile') return { engine }
  const { root, folder } = repositoryOf(userFolder)
  const [origin, branch] = await Promise.all([originOf(root, signal), defaultBranch(root, signal)])
  return {
    engine,
    repository: origin === undefined ? `${exampleHost}${application}.git` : withoutLogin(origin),
    ...(branch === 'main' ? {} : { revision: branch }),
    ...(folder === '' ? {} : { path: folder }),
  }
}

/** Whether it was begun in a repository without an origin. */
export function hasExampleRepository({ environments }: Pick<Application, 'environments'>): boolean {
  return Object.values(environments).some(
    ({ delivery }) => delivery && 'repository' in delivery && delivery.repository.startsWith(exampleHost),
  )
}

// --- internal ---

const exampleHost = 'https://git.example/'

/** A URL without a user and a password, which somebody may have cloned it with: they belong in no file. */
function withoutLogin(url: string): string {
  return url.replace(/^(https?:\/\/)[^/@]*@/, '$1')
}
