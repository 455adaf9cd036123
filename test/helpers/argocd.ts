import type { KubernetesObject } from '../../scripts/kubernetes/kinds.ts'
import { run } from '../../scripts/lib/exec.ts'
import { tools } from './tools.ts'

/** What a health check says of an object. */
export interface Health {
  readonly status?: string
  readonly message?: string
  /** What Argo CD would show instead. */
  readonly error?: string
}

/** What a script of `resource.customizations.health` says of each object, run by the interpreter of Argo CD. */
export async function argoCdHealth(script: string, objects: readonly KubernetesObject[]): Promise<Health[]> {
  const { luacheck } = await tools('luacheck')
  return JSON.parse(await run(luacheck.path, [], { input: JSON.stringify({ script, objects }) })) as Health[]
}
