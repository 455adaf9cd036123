import type { RefreshOptions } from '../../cluster/refresh.ts'
import type { KubernetesClient } from '../../kubernetes/client.ts'
import { describeObject, kinds, type NamespacedRef } from '../../kubernetes/kinds.ts'
import { commandLine } from '../../lib/command-line.ts'
import type { Digest } from '../../lib/keyed-digest.ts'
import type { EnvironmentModel } from '../../model/resolve.ts'
import type { ScalewayAccount } from '../../scaleway/connection.ts'

/** The environment that is migrated, its cluster, and who does it: enough for a rollback. */
export interface ClusterContext {
  readonly model: EnvironmentModel
  /** The old Secret. */
  readonly legacy: NamespacedRef
  readonly client: KubernetesClient
  readonly signal: AbortSignal
  /** Who does it, as somebody else at it is told; different for each run. */
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
  /** Brings the chart into the cluster. */
  deploy(signal: AbortSignal): Promise<void>
}

/** What was said on the command line. */
export interface Choices {
  /** Tiers, or `<tier>.<variable>`, by key of the old Secret. */
  readonly assign: ReadonlyMap<string, readonly string[]>
  /** Keys nobody needs any more. */
  readonly leave: readonly string[]
  /** The old Secret's values win where Scaleway, or a target made by hand, has others. */
  readonly replace: boolean
  /** How long to wait for the required secrets, as `timeoutOption` takes it. */
  readonly timeout: string
  /** Where a copy of the sealed backup goes, or comes from. Default: only the cluster has it */
  readonly backupFile?: string | undefined
  /** The name of the old Secret, as somebody typed it who wants it deleted. */
  readonly confirm?: string | undefined
}

/** What only a person knows or decides. */
export interface Person {
  /** `new`: one is chosen, and typed twice where somebody types. Secret: never printed. */
  passphrase(purpose: 'new' | 'open'): Promise<string>
  /** One line typed by somebody; undefined: nobody is there. */
  readonly ask: ((question: string) => Promise<string>) | undefined
}

/** How long things may take, and how much work a guess of the passphrase is. */
export interface MigrationWaits {
  readonly refresh: Omit<RefreshOptions, 'signal'>
  readonly leaseMs: number
  /** How long a release may stay pending that an earlier run of ours began. */
  readonly pendingMs: number
  /** Default: that of `sealText` */
  readonly sealCost?: number
}

export const defaultWaits: MigrationWaits = { refresh: {}, leaseMs: 30_000, pendingMs: 60_000 }

/** `Secret/trackdechets/trackdechets-secrets` */
export function placeOfSecret(ref: NamespacedRef): string {
  return describeObject(kinds.secret, ref)
}

/** The command that goes on, with what is to be added to it. */
export function command({ model }: Pick<MigrationContext, 'model'>, ...args: readonly string[]): string {
  return `\`${commandLine`migrate --environment ${model.environment} ${args}`}\``
}
