import type { RefreshOptions } from '../../cluster/refresh.ts'
import type { KubernetesClient } from '../../kubernetes/client.ts'
import { describeObject, kinds, type NamespacedRef } from '../../kubernetes/kinds.ts'
import { commandLine } from '../../lib/command-line.ts'
import type { Digest } from '../../lib/keyed-digest.ts'
import type { EnvironmentModel } from '../../model/resolve.ts'
import type { ScalewayAccount } from '../../scaleway/connection.ts'

/** The environment that is migrated, its cluster, and who does it: all that a rollback needs. */
export interface ClusterContext {
  readonly model: EnvironmentModel
  /** The old Secret. */
  readonly legacy: NamespacedRef
  readonly client: KubernetesClient
  readonly signal: AbortSignal
  /** Identifies this run to other runs; different for each run. */
  readonly holder: string
  readonly choices: Choices
  readonly person: Person
  readonly waits: MigrationWaits
  readonly digest: Digest
  readonly isTerminal: boolean
  /** One line of progress. */
  log(line: string): void
}

export interface MigrationContext extends ClusterContext {
  readonly account: ScalewayAccount
  /**
   * Deploys the chart.
   *
   * @param labels of the record that Helm writes
   */
  deploy(signal: AbortSignal, labels: Readonly<Record<string, string>>): Promise<void>
}

/** Options of the command line. */
export interface Choices {
  /** Tiers, or `<tier>.<variable>`, by key of the old Secret. */
  readonly assign: ReadonlyMap<string, readonly string[]>
  /** Keys that are no longer needed. */
  readonly leave: readonly string[]
  /** The old Secret's values win where Scaleway, or a target made by hand, has others. */
  readonly replace: boolean
  /** How long to wait for the required secrets, as `timeoutOption` takes it. */
  readonly timeout: string
  /** Where a copy of the sealed backup goes, or comes from. Default: only the cluster has it */
  readonly backupFile?: string | undefined
  /** The name of the old Secret, typed to confirm its deletion. */
  readonly confirm?: string | undefined
}

/** Input that only a person can give. */
export interface Person {
  /** `new`: a new one, typed twice at a terminal. Secret: never printed. */
  passphrase(purpose: 'new' | 'open'): Promise<string>
  /** One typed line; undefined without a terminal. */
  readonly ask: ((question: string) => Promise<string>) | undefined
}

/** Time limits, and the cost of one guess of the passphrase. */
export interface MigrationWaits {
  readonly refresh: Omit<RefreshOptions, 'signal'>
  readonly leaseMs: number
  /** How long a release that an earlier run began may stay pending. */
  readonly pendingMs: number
  /** Default: that of `sealText` */
  readonly sealCost?: number
}

export const defaultWaits: MigrationWaits = { refresh: {}, leaseMs: 30_000, pendingMs: 60_000 }

/** `Secret/trackdechets/trackdechets-secrets` */
export function placeOfSecret(ref: NamespacedRef): string {
  return describeObject(kinds.secret, ref)
}

/** The command to continue with, and its extra arguments. */
export function command({ model }: Pick<MigrationContext, 'model'>, ...args: readonly string[]): string {
  return `\`${commandLine`migrate --environment ${model.environment} ${args}`}\``
}
