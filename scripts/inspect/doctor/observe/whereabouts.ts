import { nearest } from '../../../lib/nearest.ts'
import { knownRegions } from '../../../model/regions.ts'
import { placeOf } from '../../../model/remote-secret.ts'
import type { EnvironmentModel, RemoteSecretModel, TierModel } from '../../../model/resolve.ts'
import { type Answer, ask } from '../../../scaleway/answer.ts'
import type { ScalewayReader } from '../../../scaleway/connection.ts'
import { type ListedSecret, listSecrets } from '../../../scaleway/secrets.ts'

/** The place of a remote secret that is not where it should be. */
export type Whereabouts =
  /** In its folder, with a slightly different name. */
  | { readonly kind: 'renamed'; readonly secret: ListedSecret }
  /** Scheduled for deletion. */
  | { readonly kind: 'deleted'; readonly secret: ListedSecret }
  | { readonly kind: 'elsewhere'; readonly secret: ListedSecret }
  | { readonly kind: 'other-region'; readonly secret: ListedSecret; readonly region: string }
  | { readonly kind: 'other-project'; readonly secret: ListedSecret }
  /** `similar`: names in the folder that no entry has, the nearest first. */
  | { readonly kind: 'nowhere'; readonly similar: string | undefined }

/** Searches for missing remote secrets of a tier; each list is requested once, and only when needed. */
export interface Search {
  find(remote: RemoteSecretModel): Promise<Whereabouts>
}

export interface SearchOptions {
  /** Returns the first response that is not a refusal. */
  readonly accounts: readonly ScalewayReader[]
  readonly model: EnvironmentModel
  readonly tier: TierModel
  readonly organizationId: string | undefined
}

export function openSearch({ accounts, model, tier, organizationId }: SearchOptions): Search {
  const { region } = model
  const { projectId } = tier
  const once = memory<readonly ListedSecret[]>()
  const list = (name: string, request: (as: ScalewayReader) => Promise<ListedSecret[]>) =>
    once(name, async () => {
      const answer = await firstAllowed(accounts, request)
      return answer?.status === 200 ? answer.value : []
    })
  const catalogued = new Set(
    model.tiers.filter((one) => one.projectId === projectId).flatMap(({ remoteSecrets }) => remoteSecrets.map(placeOf)),
  )
  const alive = async () => {
    const secrets = await list('alive', (as) => listSecrets(as, { region, projectId }))
    return secrets.filter((secret) => !catalogued.has(placeOf(secret)))
  }
  const deleted = () => list('deleted', (as) => listSecrets(as, { region, projectId }, { isDeleted: true }))
  const inRegion = (other: string) =>
    list(`region ${other}`, (as) => listSecrets(as, { region: other, projectId }, { path: tier.remotePath }))
  const inOrganization = async () => {
    if (organizationId === undefined) return []
    const { remotePath: path } = tier
    const all = await list('organization', (as) => listSecrets(as, { region, organizationId }, { path }))
    return all.filter(({ project_id }) => project_id !== projectId)
  }
  return {
    async find(remote) {
      const isSame = (secret: ListedSecret) => placeOf(secret) === placeOf(remote)
      const here = await alive()
      const alike = here.filter(({ name }) => plain(name) === plain(remote.name))
      const renamed = alike.find(({ path }) => path === remote.path)
      if (renamed) return { kind: 'renamed', secret: renamed }
      const gone = (await deleted()).find(isSame)
      if (gone) return { kind: 'deleted', secret: gone }
      const [elsewhere] = [...alike.filter(({ name }) => name === remote.name), ...alike]
      if (elsewhere) return { kind: 'elsewhere', secret: elsewhere }
      for (const other of knownRegions.filter((one) => one !== region)) {
        const secret = (await inRegion(other)).find(isSame)
        if (secret) return { kind: 'other-region', secret, region: other }
      }
      const foreign = (await inOrganization()).find(isSame)
      if (foreign) return { kind: 'other-project', secret: foreign }
      const names = here.filter(({ path }) => path === remote.path).map(({ name }) => name)
      return { kind: 'nowhere', similar: nearest(remote.name, names) }
    },
  }
}

/** The response to the first account that is not refused, else the last refusal; undefined without an account. */
export async function firstAllowed<T>(
  accounts: readonly ScalewayReader[],
  request: (account: ScalewayReader) => Promise<T>,
): Promise<Answer<T> | undefined> {
  let last: Answer<T> | undefined
  for (const account of accounts) {
    last = await ask(account, request)
    if (last.status !== 401 && last.status !== 403) return last
  }
  return last
}

// --- internal ---

/** Two names that people confuse. */
function plain(name: string): string {
  return name.toLowerCase().replace(/[._-]+/g, '-')
}

function memory<T>(): (name: string, make: () => Promise<T>) => Promise<T> {
  const made = new Map<string, Promise<T>>()
  return (name, make) => {
    const found = made.get(name) ?? make()
    made.set(name, found)
    return found
  }
}
