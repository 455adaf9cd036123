import { compare } from '../../lib/problems.ts'

/** What namespaces are called once their common parts are gone. */
export interface TierNaming {
  /** What all begin with; undefined: nothing. */
  readonly application: string | undefined
  /** By namespace. */
  readonly tiers: ReadonlyMap<string, string>
}

/**
 * `shop-web-staging` and `shop-api-staging` are the tiers `web` and `api` of `shop`. One namespace tells nothing about its
 * parts.
 */
export function nameTiers(namespaces: readonly string[]): TierNaming {
  const parts = [...namespaces].sort(compare).map((namespace) => namespace.split('-'))
  const before = commonStart(parts)
  const after = commonStart(parts.map((segments) => segments.slice(before).reverse()))
  const isTelling = namespaces.length > 1 && parts.every((segments) => segments.length > before + after)
  const [start, end] = isTelling ? [before, after] : [0, 0]
  return {
    application: start > 0 ? parts[0]?.slice(0, start).join('-') : undefined,
    tiers: new Map(
      namespaces.map((namespace) => {
        const segments = namespace.split('-')
        return [namespace, segments.slice(start, segments.length - end).join('-')]
      }),
    ),
  }
}

/** What the namespaces of one environment say of the application. */
export interface ToldName {
  readonly application: string | undefined
  readonly environment: string
}

/**
 * `shop-staging` of staging and `shop-production` of production are `shop`. Where environments tell several names, what all
 * begin with, or else the first.
 */
export function applicationName(told: readonly ToldName[]): string | undefined {
  const parts = told.flatMap((one) => withoutEnvironment(one) || []).map((name) => name.split('-'))
  const start = commonStart(parts)
  return (start > 0 ? parts[0]?.slice(0, start) : parts[0])?.join('-')
}

// --- internal ---

/** Empty: it tells nothing else. */
function withoutEnvironment({ application = '', environment }: ToldName): string {
  const [around, own] = [`-${application}-`, `-${environment}-`]
  const rest = around.startsWith(own) ? around.slice(own.length - 1) : around
  return (rest.endsWith(own) ? rest.slice(0, 1 - own.length) : rest).replace(/^-+|-+$/g, '')
}

/** How many segments all begin with. */
function commonStart([first = [], ...others]: readonly (readonly string[])[]): number {
  const differs = first.findIndex((segment, index) => others.some((segments) => segments[index] !== segment))
  return differs === -1 ? first.length : differs
}
