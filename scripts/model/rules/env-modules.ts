import { commandLine } from '../../lib/command-line.ts'
import type { Problem } from '../../lib/problems.ts'
import { type EnvModulePlace, envModulePlaces } from '../env-modules.ts'
import { atTier, quoted, type Rule } from './rule.ts'

/** They are written without a question: within the repository, each to a file of its own, and over none of ours. */
export const envModulesHavePlaces: Rule = ({ catalogue }) => {
  const places = envModulePlaces(catalogue)
  return places.flatMap((place) => {
    const others = places.filter((other) => other.path === place.path && other !== place).map(ownerOf)
    if (others.length > 0) return [wrongPlace(place, `is that of ${quoted(others)} too`)]
    return isWithin(place.path) ? [] : [wrongPlace(place, 'is not a path of a .ts or .json file below this folder')]
  })
}

// --- internal ---

/** Folders and files that are ours, or are made by others. */
const taken = /^(scripts|values|charts|schema|docs|node_modules|\.git)\//

function isWithin(path: string): boolean {
  const segments = path.split('/')
  const isPlain = segments.every((segment) => /^(?!\.+$)[^\\\p{Cc}]+$/u.test(segment))
  return isPlain && !taken.test(path) && /[^/](\.ts|\.json)$/.test(path) && !/^(package|tsconfig)\b/.test(path)
}

/** `backend`, or `backend/server`. */
const ownerOf = ({ tier, workload }: EnvModulePlace) => (workload === undefined ? tier : `${tier}/${workload}`)

function wrongPlace({ tier, workload, path }: EnvModulePlace, fact: string): Problem {
  const options = workload === undefined ? [tier] : [tier, '--workload', workload]
  return {
    code: 'ENV_MODULE_PATH_INVALID',
    where: `${atTier(tier)}${workload === undefined ? '' : ` workload "${workload}"`}`,
    message: `envModule "${path}" ${fact}. Expected a file of its own such as src/environment.ts, outside of scripts, values, charts, schema and docs.`,
    fix: `Correct the path, or leave it out and print the module with \`${commandLine`env-module --tier ${options}`}\`.`,
  }
}
