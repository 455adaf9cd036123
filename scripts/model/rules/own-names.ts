import { tierNames } from '../names.ts'
import type { EnvironmentSpec, Environments } from '../types.ts'

/** What the rules about names that two environments share need in order to propose others, as lines to paste. */

/**
 * The environments in the order in which they have a right to their names: production, which is there already and whose
 * names are costly to change, then as they are written down.
 */
export function byRight(environments: Environments): [string, EnvironmentSpec][] {
  const isProduction = ([name]: [string, EnvironmentSpec]) => /^(?:prod|live)/.test(name)
  const all = Object.entries(environments)
  return [...all.filter(isProduction), ...all.filter((one) => !isProduction(one))]
}

/** The wanted name, or one like it that is free and not too long. */
export function freeName(wanted: string, limit: number, isTaken: (name: string) => boolean): string {
  for (let number = 1; ; number += 1) {
    const end = number === 1 ? '' : `-${number}`
    const name = `${wanted.slice(0, limit - end.length).replace(/[^a-z0-9]+$/i, '')}${end}`
    if (!isTaken(name)) return name
  }
}

/** The longest name of an IAM application. Source: Scaleway SDK, validation rules of IAM. */
export const iamNameLimit = 64

/** Names of IAM applications for these tiers of an environment, which nothing else has; from now on they are taken. */
export function ownIamApplications(
  application: string,
  environment: string,
  tiers: readonly string[],
  taken: Set<string>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    tiers.map((tier) => {
      const wanted = `${application}-${environment}-${tier}-secrets`
      const name = freeName(wanted, iamNameLimit, (candidate) => taken.has(candidate))
      taken.add(name)
      return [tier, name]
    }),
  )
}

/** Environments that may share a Scaleway organization: all but the first have IAM applications of their own. */
export function withIamApplicationsApart(
  application: string,
  tiers: readonly string[],
  environments: Environments,
): Environments {
  const taken = new Set(tiers.map((tier) => tierNames(application, tier).iamApplication))
  const others = byRight(environments).slice(1)
  const apart = others.map(([name, spec]) => {
    return [name, { ...spec, iamApplications: ownIamApplications(application, name, tiers, taken) }] as const
  })
  return { ...environments, ...Object.fromEntries(apart) }
}

/** `{ web: 'shop-web', 'night-jobs': 'shop-night-jobs' }` */
export function literal(names: Readonly<Record<string, string>>): string {
  const fields = Object.entries(names).map(([key, name]) => `${/^[a-z_]\w*$/i.test(key) ? key : `'${key}'`}: '${name}'`)
  return `{ ${fields.join(', ')} }`
}
