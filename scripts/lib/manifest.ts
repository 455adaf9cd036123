import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { nearestWith } from './folders.ts'
import { isRecord } from './record.ts'

/** A `package.json`, as far as it tells how our commands are typed. */
export interface Manifest {
  readonly folder: string
  /** Names of its scripts that start us: `status` where that is `tiered-secrets status`. */
  readonly scripts: ReadonlySet<string>
}

/** The one that npm finds from a folder. */
export function nearestManifest(folder: string): Manifest | undefined {
  const found = nearestWith('package.json', folder)
  return found === undefined ? undefined : { folder: found, scripts: scriptsOf(contentOf(found)) }
}

/** The nearest, from a folder upwards, that depends on our package or starts it. */
export function nearestOfOurs(folder: string): Manifest | undefined {
  const found = nearestManifest(folder)
  if (!found || found.scripts.size > 0 || dependsOnUs(contentOf(found.folder))) return found
  const above = dirname(found.folder)
  return above === found.folder ? undefined : nearestOfOurs(above)
}

/** Whether the content of a `package.json` names our package. */
export function dependsOnUs(content: Readonly<Record<string, unknown>>): boolean {
  return ['dependencies', 'devDependencies'].some((field) => {
    const packages = content[field]
    return isRecord(packages) && 'tiered-secrets' in packages
  })
}

// --- internal ---

function scriptsOf({ scripts }: Readonly<Record<string, unknown>>): ReadonlySet<string> {
  const texts = isRecord(scripts) ? scripts : {}
  return new Set(Object.keys(texts).filter((name) => texts[name] === `tiered-secrets ${name}`))
}

function contentOf(folder: string): Readonly<Record<string, unknown>> {
  try {
    const content: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    return isRecord(content) ? content : {}
  } catch {
    // One that npm can't read: it would have said so.
    return {}
  }
}
