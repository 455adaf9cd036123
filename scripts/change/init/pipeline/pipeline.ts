import type { Application } from '../../../model/types.ts'

/** Where a team's pipelines run. */
export type Ci = 'github' | 'gitlab'

export const knownCi: readonly Ci[] = ['github', 'gitlab']

/** What a pipeline is written from. */
export interface PipelineSpec {
  readonly application: string
  /** In the order in which they are deployed. */
  readonly environments: readonly PipelineEnvironment[]
  /** Files and folders of manifests to audit, from the folder with `package.json`. None: there is no audit. */
  readonly manifests: readonly string[]
  /** The folder with `package.json`, from the root of the repository: `deployment`. Empty: the root itself. */
  readonly folder: string
  /** The folder of the application, from there: `apps/shop`. Empty: it is the same, and the only application. */
  readonly root: string
  /** The branch whose state is deployed. GitLab knows it by itself. */
  readonly branch: string
}

export interface PipelineEnvironment {
  readonly name: string
  /** Argo CD, Flux or helmfile applies the chart there, and the pipeline only waits for it. */
  readonly isAppliedByEngine: boolean
}

/** The environments of an application, as its pipeline has them. */
export function pipelineEnvironments({ environments }: Application): PipelineEnvironment[] {
  return Object.entries(environments).map(([name, { delivery }]) => ({
    name,
    isAppliedByEngine: delivery !== undefined,
  }))
}

/** What the environment of the pipeline is called whose credentials only look: nothing is deployed there. */
export function planEnvironment(environment: string): string {
  return `${environment}-plan`
}

/** Whether the repository is the application's own: then its pipeline needs no name of the application. */
export function isAlone({ folder, root }: Pick<PipelineSpec, 'folder' | 'root'>): boolean {
  return folder === '' && root === ''
}

/** The environments that the pipeline deploys, and those that an engine does. */
export function byDelivery({ environments }: Pick<PipelineSpec, 'environments'>): {
  readonly deployed: readonly PipelineEnvironment[]
  readonly applied: readonly PipelineEnvironment[]
} {
  return {
    deployed: environments.filter(({ isAppliedByEngine }) => !isAppliedByEngine),
    applied: environments.filter(({ isAppliedByEngine }) => isAppliedByEngine),
  }
}

/** The comment that a pipeline begins with. */
export function headComment({ application }: Pick<PipelineSpec, 'application'>, ci: Ci): string {
  return `# Checks, plans and deploys the secrets of ${application}. Written once by \`npx tiered-secrets init --ci ${ci}\`, and yours
# since: nothing writes it again. What has to be set up, and why it is as it is:
# node_modules/tiered-secrets/docs/pipelines.md`
}
