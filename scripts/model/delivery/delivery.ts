import type { EnvironmentSpec } from '../types.ts'
import type { ArgoCdSpec, DeliverySpec, FluxSpec, HelmfileSpec } from './spec.ts'

export type Engine = DeliverySpec['engine']

/** How an environment is delivered, with every default. `path` is empty for the root of the repository. */
export type DeliveryModel =
  | Required<ArgoCdSpec>
  | (Required<Omit<FluxSpec, 'credentials'>> & { readonly credentials: string | undefined })
  | HelmfileSpec

/** The model of an environment that one engine delivers. */
export type DeliveryBy<Name extends Engine> = Extract<DeliveryModel, { engine: Name }>

/** URL of the API server of the cluster that Argo CD itself runs in. Source: Argo CD, declarative setup, clusters. */
export const argoCdOwnCluster = 'https://kubernetes.default.svc'

/** Undefined: the environment is deployed by a command. */
export function deliveryOf({ delivery }: Pick<EnvironmentSpec, 'delivery'>): DeliveryModel | undefined {
  switch (delivery?.engine) {
    case 'argocd':
      return {
        ...{ revision: 'main', path: '', namespace: 'argocd', destination: argoCdOwnCluster },
        ...{ sync: 'automatic', applicationSet: false },
        ...delivery,
      }
    case 'flux':
      return { revision: 'main', path: '', namespace: 'flux-system', credentials: undefined, ...delivery }
    default:
      return delivery
  }
}

/** `git@host:path` as a URL, for what takes only these: `ssh://git@host/path`. Others as they are. */
export function repositoryUrl(repository: string): string {
  const [, user, host, path] = scpForm.exec(repository) ?? []
  return host === undefined ? repository : `ssh://${user}@${host}/${path}`
}

/** How ssh names a repository without a URL: `git@github.com:acme/shop.git`. Source: git-clone, "Git URLs". */
export const scpForm = /^([\w.-]+)@([A-Za-z0-9.-]+):([^/:\s][^:\s]*)$/
