/** What an environment says of the program that applies its chart, instead of `npm run deploy`. */
export type DeliverySpec = ArgoCdSpec | FluxSpec | HelmfileSpec

/** Where a GitOps engine finds the folder with `charts/`, `values/` and `gitops/`. */
interface FromGit {
  /** URL of the Git repository: `https://…`, `ssh://…` or `git@host:path`. Credentials are given to the engine. */
  readonly repository: string
  /** A branch, a tag as `refs/tags/v1`, or a commit. Default: the branch `main` */
  readonly revision?: string
  /** Folder in the repository: `apps/shop`. Default: its root */
  readonly path?: string
}

/** Argo CD 3.3 and later. */
export interface ArgoCdSpec extends FromGit {
  readonly engine: 'argocd'
  /** Namespace of Argo CD, which its Application is in. Default: `argocd` */
  readonly namespace?: string
  /** Its cluster as Argo CD knows it: a name, or the URL of its API server. Default: the cluster Argo CD runs in */
  readonly destination?: string
  /** `manual`: only on request. Default: `automatic`, also when something is changed by hand */
  readonly sync?: 'automatic' | 'manual'
  /** One of an ApplicationSet of all environments that say so, instead of an Application by itself. Default: `false` */
  readonly applicationSet?: boolean
}

/** Flux 2.8 and later, in the cluster of the environment. */
export interface FluxSpec extends FromGit {
  readonly engine: 'flux'
  /** Namespace of Flux. Default: `flux-system` */
  readonly namespace?: string
  /** Secret in that namespace with the credentials of a private repository. Default: the repository is public */
  readonly credentials?: string
}

/** helmfile 1.2 and later: it reads the folder it is run in, and its cluster is that of the environment's kube context. */
export interface HelmfileSpec {
  readonly engine: 'helmfile'
}
