import { runInNewContext } from 'node:vm'
import type { Problem } from '../../scripts/lib/problems.ts'
import type { Application, EnvironmentSpec } from '../../scripts/model/types.ts'

/**
 * An application after somebody has pasted what a fix shows: `` `field: value` at environment "name" ``, and has removed
 * what it says to remove: `without its field.key`.
 */
export function pasteFix({ catalogue, environments }: Application, { fix }: Problem): Application {
  const [, name = ''] = /at environment "([^"]+)"/.exec(fix) ?? []
  const spec: Record<string, unknown> = { ...environments[name] }
  for (const [, field = '', key = ''] of fix.matchAll(/(namespaces)\.([\w-]+)/g)) {
    const { [key]: _, ...others } = spec[field] as Record<string, unknown>
    spec[field] = others
  }
  for (const [, fields] of fix.matchAll(/`(\w+: (?:\{[^}]*\}|'[^']*'))`/g)) {
    Object.assign(spec, JSON.parse(JSON.stringify(runInNewContext(`({ ${fields} })`))))
  }
  return { catalogue, environments: { ...environments, [name]: spec as unknown as EnvironmentSpec } }
}
