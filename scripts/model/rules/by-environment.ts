import { isError, type Problem } from '../../lib/problems.ts'
import { checkShape } from '../shape.ts'
import type { Application } from '../types.ts'
import { checkApplication } from './index.ts'
import { atEnvironment } from './rule.ts'

/** The errors of an application, told apart by whom they stop. */
export interface ErrorsByEnvironment {
  /** Of the catalogue, or of no environment alone: they stop every one. */
  readonly common: readonly Problem[]
  /** Of one environment's own settings. Environments without any are not in it. */
  readonly own: ReadonlyMap<string, readonly Problem[]>
}

/**
 * Whether the others can be worked with although one environment is broken. One whose settings are misshapen is left out, so
 * that the rules see the others.
 */
export function errorsByEnvironment(application: Application): ErrorsByEnvironment {
  const misshapen = byOwner(checkShape(application), application)
  if (misshapen.common.length > 0) return { common: checkApplication(application).filter(isError), own: new Map() }
  const isWhole = (environment: string) => !misshapen.own.has(environment)
  const environments = Object.fromEntries(Object.entries(application.environments).filter(([name]) => isWhole(name)))
  if (Object.keys(environments).length === 0) return misshapen
  const found = checkApplication({ ...application, environments }).filter(isError)
  // An entry may be for an environment that is left out.
  const isOfLeftOut = ({ code }: Problem) => misshapen.own.size > 0 && code === 'ENVIRONMENT_UNKNOWN'
  const rest = byOwner(
    found.filter((problem) => !isOfLeftOut(problem)),
    application,
  )
  return { common: rest.common, own: new Map([...misshapen.own, ...rest.own]) }
}

/** What an application's errors mean for one of its environments. */
export interface ErrorsOfOne {
  /** They stop it: of the catalogue, its own, and those that it has together with another one. */
  readonly errors: readonly Problem[]
  /** Environments that have errors which it can be worked without. */
  readonly brokenOthers: readonly string[]
}

/**
 * Whether one environment can be worked with. A mistake of another one does not stop it, unless the two have it together: a
 * namespace or a project that both use.
 */
export function errorsOfOne(application: Application, environment: string): ErrorsOfOne {
  const { common, own } = errorsByEnvironment(application)
  const others = [...own.keys()].filter((name) => name !== environment)
  const mine = own.get(environment) ?? []
  const known = new Set([...common, ...mine].map(keyOf))
  const together = others
    .flatMap((other) => errorsTogether(application, environment, other))
    .filter((problem) => !known.has(keyOf(problem)))
  return { errors: [...common, ...mine, ...together], brokenOthers: others }
}

// --- internal ---

/** What is wrong with two environments, and with neither of them alone. */
function errorsTogether({ catalogue, environments }: Application, ...names: readonly [string, string]): Problem[] {
  const errorsIn = (chosen: readonly string[]) => {
    const specs = Object.fromEntries(Object.entries(environments).filter(([name]) => chosen.includes(name)))
    return checkApplication({ catalogue, environments: specs }).filter(isError)
  }
  const alone = new Set(names.flatMap((name) => errorsIn([name])).map(keyOf))
  return errorsIn(names).filter((problem) => !alone.has(keyOf(problem)))
}

const keyOf = ({ code, where }: Problem) => `${code} ${where}`

function byOwner(problems: readonly Problem[], { environments }: Application): ErrorsByEnvironment {
  const common: Problem[] = []
  const own = new Map<string, Problem[]>()
  for (const problem of problems) {
    const owner = Object.keys(environments ?? {}).find((name) =>
      `${problem.where} `.startsWith(`${atEnvironment(name)} `),
    )
    if (owner === undefined) common.push(problem)
    else own.set(owner, [...(own.get(owner) ?? []), problem])
  }
  return { common, own }
}
