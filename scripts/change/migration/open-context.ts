import type { OpenCluster } from '../../session/access.ts'
import type { ClusterContext, MigrationContext } from './migration-context.ts'

/** Whose cluster Helm works with too; a question names its kube context. */
export interface OpenContext extends ClusterContext {
  readonly client: OpenCluster
}

export type OpenMigration = MigrationContext & OpenContext
