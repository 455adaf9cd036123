import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What an API server was asked by ServiceAccounts, as its audit log has it. */
export interface AuditLog extends AsyncDisposable {
  /** For the API server. */
  readonly flags: readonly string[]
  read(): Promise<readonly AuditedRequest[]>
}

export interface AuditedRequest {
  /** `system:serviceaccount:ci:deployer` */
  readonly user: string
  readonly verb: string
  readonly group: string
  readonly resource: string
  /** Undefined: in the whole cluster, or in no namespace. */
  readonly namespace: string | undefined
  readonly name: string | undefined
  readonly status: number
}

/** @param groups of the users whose requests are kept: `system:serviceaccounts:ci` */
export async function auditLog(groups: readonly string[]): Promise<AuditLog> {
  const folder = await mkdtemp(join(tmpdir(), 'ts-audit-'))
  const [policy, log] = [join(folder, 'policy.json'), join(folder, 'audit.log')]
  const rules = [{ level: 'Metadata', userGroups: groups }, { level: 'None' }]
  const omitStages = ['RequestReceived', 'ResponseStarted']
  await writeFile(policy, JSON.stringify({ apiVersion: 'audit.k8s.io/v1', kind: 'Policy', omitStages, rules }))
  return {
    // Written before the answer is sent.
    flags: [`--audit-policy-file=${policy}`, `--audit-log-path=${log}`, '--audit-log-mode=blocking'],
    async read() {
      const lines = (await readFile(log, 'utf8').catch(() => '')).split('\n').filter((line) => line !== '')
      return lines.flatMap((line) => {
        const { user, verb, objectRef, responseStatus } = JSON.parse(line) as AuditEvent
        if (!objectRef) return []
        const { apiGroup: group = '', resource, namespace, name } = objectRef
        return [{ user: user.username, verb, group, resource, namespace, name, status: responseStatus?.code ?? 0 }]
      })
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

// --- internal ---

/** Source: Kubernetes API, audit.k8s.io/v1 Event. */
interface AuditEvent {
  readonly verb: string
  readonly user: { readonly username: string }
  readonly objectRef?: {
    readonly apiGroup?: string
    readonly resource: string
    readonly namespace?: string
    readonly name?: string
  }
  readonly responseStatus?: { readonly code?: number }
}
